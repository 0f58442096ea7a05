import { duration, spoken } from '../promql.js';
import type { Thresholds } from '../thresholds.js';
import { headquartersAlert, type RecordingRule, type RuleGroup } from './rule.js';

const postgresDown = 'fleet:hq_postgres:down';
const collectorsUp = 'sum(up{job="hq-collector"})';

/** HQ's own parts. Each failure has one alert: what follows from it is silent. */
export function headquartersRules({ durations, limits }: Thresholds): RuleGroup {
  const since = (seconds: number) => `for ${spoken(seconds)}`;
  return {
    name: 'hq-headquarters',
    intervalSeconds: durations.evaluation,
    rules: [
      postgresDownRule(durations.postgresFailuresWithin),
      headquartersAlert({
        alert: 'HqPostgresDown',
        severity: 'critical',
        expr: postgresDown,
        forSeconds: durations.postgresDownFor,
        dashboard: 'hq-collector',
        summary: 'PostgreSQL is away: HQ takes nothing from its stores',
        why: `its exporter or every collector has not reached it ${since(durations.postgresDownFor)}. Stores keep their sales and try again; their status is not known.`,
        todo: 'bring PostgreSQL back; the collectors go on by themselves.',
      }),
      headquartersAlert({
        alert: 'HqCollectorDown',
        severity: 'critical',
        expr: `${collectorsUp} == 0 unless on () ${postgresDown}`,
        forSeconds: durations.collectorDownFor,
        dashboard: 'hq-collector',
        summary: 'No collector runs: every store is cut off from HQ',
        why: `none has answered ${since(durations.collectorDownFor)}. Stores keep their sales; HQ is blind.`,
        todo: 'start it; read its log when it ends again.',
      }),
      headquartersAlert({
        alert: 'HqCollectorReplicaDown',
        severity: 'warning',
        expr: `up{job="hq-collector"} == 0 and on () (${collectorsUp} > 0)`,
        forSeconds: durations.replicaDownFor,
        dashboard: 'hq-collector',
        summary: 'Collector {{ $labels.instance }} is down',
        why: `it has not answered ${since(durations.replicaDownFor)}. The others carry its stores.`,
        todo: 'start it, or take it out of the targets.',
      }),
      headquartersAlert({
        alert: 'HqCollectorStale',
        severity: 'critical',
        expr: `
          (
            label_replace(hq_collector_lease_held == 0, "cause", "lease", "", "")
            or label_replace(hq_collector_nodejs_eventloop_lag_p99_seconds > ${limits.loopLagSeconds}, "cause", "event loop", "", "")
            or label_replace(hq_collector_fleet_changes_waiting > ${limits.fleetChangesWaiting}, "cause", "unwritten changes", "", "")
          )
          unless on () ${postgresDown}`,
        forSeconds: durations.collectorStaleFor,
        dashboard: 'hq-collector',
        summary: 'Collector {{ $labels.instance }} runs behind: {{ $labels.cause }}',
        why: `what it says of its stores has been late ${since(durations.collectorStaleFor)} (lease: it is not renewed in Postgres; event loop: p99 of the lag in s, {{ $value }}; unwritten changes: {{ $value }}).`,
        todo: 'look at its CPU and at slow statements in Postgres; add a replica or restart it.',
      }),
      headquartersAlert({
        alert: 'HqStoreMetricsDown',
        severity: 'critical',
        expr: `
          (
            max(up{job="hq-stores"}) == 0
            or absent(up{job="hq-stores"})
            or max(changes(up{job="hq-stores"}[${duration(durations.storeMetricsFlakyWithin)}])) >= ${limits.storeMetricsChanges}
          )
          unless on () ${postgresDown}
          unless on () (${collectorsUp} == 0)`,
        forSeconds: durations.storeMetricsDownFor,
        dashboard: 'hq-collector',
        summary: 'HQ is blind: the metrics of the stores do not come',
        why: `/metrics/stores has not answered ${since(durations.storeMetricsDownFor)}, or only now and then, though collectors run. No alert of a store can fire.`,
        todo: 'ask the load balancer for /metrics/stores; 503 means that Postgres is too slow.',
      }),
      headquartersAlert({
        alert: 'HqStoresUnknown',
        severity: 'critical',
        expr: `
          sum(hq_stores{status="unknown"}) > 0
          unless on () ${postgresDown}
          unless on () (${collectorsUp} == 0)
          unless on () (hq_collector_lease_held == 0)`,
        forSeconds: durations.unknownFor,
        dashboard: 'hq-stores',
        summary: 'The status of {{ $value }} stores is unknown',
        why: `${since(durations.unknownFor)} no collector could say how they are: each restarts before its grace ends.`,
        todo: 'read the log of the collectors: why do they end?',
      }),
    ],
  };
}

/** By its exporter, or by collectors that all live without a lease while their statements fail. */
function postgresDownRule(withinSeconds: number): RecordingRule {
  return {
    record: postgresDown,
    expr: `
      count(pg_up{job="hq-postgres"} == 0)
      or (
        count(hq_collector_lease_held{job="hq-collector"} == 0) == count(up{job="hq-collector"} == 1)
        and on () (sum(increase(hq_collector_database_failures_total[${duration(withinSeconds)}])) > 0)
      )`,
  };
}
