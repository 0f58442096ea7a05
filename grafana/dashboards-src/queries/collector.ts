const of = 'instance=~"$instance"';
const rate = (metric: string, labels = '') => `rate(${metric}{${of}${labels}}[$__rate_interval])`;

/** How the processes of HQ do, each by its instance. Requests, errors and durations first, in the order that a request travels. */
export const collector = {
  up: `up{job="hq-collector",${of}}`,
  version: `hq_collector_build_info{${of}}`,
  uptime: `time() - hq_collector_process_start_time_seconds{${of}}`,

  requests: `sum by (route) (${rate('hq_http_request_duration_seconds_count')})`,
  requestErrors: `sum by (status) (${rate('hq_http_request_duration_seconds_count', ',status=~"[45].."')})`,
  requestDuration: `histogram_quantile(0.99, sum by (le, instance) (${rate('hq_http_request_duration_seconds_bucket')}))`,
  requestDurationMedian: `histogram_quantile(0.5, sum by (le, instance) (${rate('hq_http_request_duration_seconds_bucket')}))`,

  sockets: `hq_collector_sockets{${of}}`,
  heartbeats: `sum by (instance) (${rate('hq_collector_heartbeats_total')})`,
  connects: `sum by (instance) (${rate('hq_collector_connects_total')}) * 60`,
  disconnects: `sum by (reason) (${rate('hq_collector_disconnects_total')}) * 60`,
  refusals: `sum by (code) (${rate('hq_collector_upgrades_refused_total')} or ${rate('hq_collector_frames_refused_total')}) * 60`,

  syncDuration: `histogram_quantile(0.99, sum by (le, direction) (${rate('hq_sync_duration_seconds_bucket')}))`,
  syncFailures: `sum by (code) (${rate('hq_collector_sync_failures_total')}) * 60`,
  records: `sum by (direction) (${rate('hq_sync_batch_records_sum')})`,
  pushesInFlight: `hq_collector_pushes_in_flight{${of}}`,
  pullsInFlight: `hq_collector_pulls_in_flight{${of}}`,
  pullsWaiting: `hq_collector_pulls_waiting{${of}}`,

  eventLoop: `hq_collector_nodejs_eventloop_lag_p99_seconds{${of}}`,
  sweepLate: `sum by (instance) (${rate('hq_collector_sweep_late_seconds_total')})`,
  leaseAge: `hq_collector_lease_age_seconds{${of}}`,
  changesWaiting: `hq_collector_fleet_changes_waiting{${of}}`,
  failuresWaiting: `hq_collector_failures_waiting{${of}}`,
  failuresDropped: `sum by (instance) (increase(hq_collector_failures_dropped_total{${of}}[$__range]))`,

  pool: `hq_collector_db_connections{${of}} - hq_collector_db_connections_idle{${of}}`,
  poolWaiting: `hq_collector_db_waiting{${of}}`,
  statements: `sum by (outcome) (${rate('hq_db_query_duration_seconds_count')})`,
  statementDuration: `histogram_quantile(0.99, sum by (le, instance) (${rate('hq_db_query_duration_seconds_bucket')}))`,
  databaseFailures: `sum by (operation) (${rate('hq_collector_database_failures_total')}) * 60`,
  leaseHeld: `hq_collector_lease_held{${of}}`,

  cpu: `sum by (instance) (${rate('hq_collector_process_cpu_seconds_total')})`,
  memory: `hq_collector_process_resident_memory_bytes{${of}}`,
  heap: `hq_collector_nodejs_heap_size_used_bytes{${of}}`,
} as const;
