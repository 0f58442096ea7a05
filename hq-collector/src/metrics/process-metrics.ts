import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

/** Seconds, from a cached answer to a statement about to be cancelled. */
const durationBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** Gauges that prom-client names like counters, which promtool refuses; each is the sum over `type` of one without _total. */
const misnamedSums = [
  'nodejs_active_handles_total',
  'nodejs_active_requests_total',
  'nodejs_active_resources_total',
];

/** What this process reads of itself when it is scraped. */
export interface ProcessReadings {
  sockets(): number;
  pushesInFlight(): number;
  pullsInFlight(): number;
  pullsWaiting(): number;
  pool(): { total: number; idle: number; waiting: number };
  leaseHeld(): boolean;
  leaseAgeSeconds(): number;
  fleetChangesWaiting(): number;
  failuresWaiting(): number;
  pageStreams(): number;
}

/** Metrics of one collector process, served at `/metrics`. Nothing here has a store_id. */
export class ProcessMetrics {
  readonly registry = new Registry();

  readonly syncDuration = this.histogram(
    'hq_sync_duration_seconds',
    'Time of a sync operation from its first byte to its answer.',
    ['direction', 'outcome'],
    durationBuckets,
  );
  readonly batchRecords = this.histogram(
    'hq_sync_batch_records',
    'Records in a sync operation.',
    ['direction'],
    [1, 2, 5, 10, 25, 50, 100, 250, 500],
  );
  readonly httpDuration = this.histogram(
    'hq_http_request_duration_seconds',
    'Time of an HTTP request from its head to the end of its answer.',
    ['method', 'route', 'status'],
    durationBuckets,
  );
  readonly dbDuration = this.histogram(
    'hq_db_query_duration_seconds',
    'Time of a statement as this process sees it.',
    ['outcome'],
    durationBuckets,
  );

  readonly connects = this.counter('hq_collector_connects_total', 'Stores that said hello.', []);
  readonly disconnects = this.counter(
    'hq_collector_disconnects_total',
    'Store connections that ended, by reason.',
    ['reason'],
  );
  readonly heartbeats = this.counter('hq_collector_heartbeats_total', 'Heartbeats received.', []);
  readonly framesRefused = this.counter(
    'hq_collector_frames_refused_total',
    'Frames that could not be used, by error code.',
    ['code'],
  );
  readonly tokensRejected = this.counter(
    'hq_collector_tokens_rejected_total',
    'Requests and upgrades whose token was not taken, by error code.',
    ['code'],
  );
  readonly upgradesRefused = this.counter(
    'hq_collector_upgrades_refused_total',
    'Upgrades refused for another reason than their token, by error code.',
    ['code'],
  );
  readonly syncFailures = this.counter(
    'hq_collector_sync_failures_total',
    'Failed sync operations of known stores, by error code.',
    ['code'],
  );
  readonly recordsQuarantined = this.counter(
    'hq_collector_records_quarantined_total',
    'Records put in quarantine, by error code.',
    ['code'],
  );
  readonly failuresDropped = this.counter(
    'hq_collector_failures_dropped_total',
    'Failures that were not written because memory for them was full.',
    [],
  );
  readonly databaseFailures = this.counter(
    'hq_collector_database_failures_total',
    'Database operations that failed, by what was being done.',
    ['operation'],
  );
  readonly pageRefusals = this.counter(
    'hq_collector_page_refusals_total',
    'Requests for the page that were refused, by reason.',
    ['reason'],
  );
  readonly pageViewersCut = this.counter(
    'hq_collector_page_viewers_cut_total',
    'Viewers of the page that did not take what they were sent and were cut.',
    [],
  );
  readonly sweepLate = this.counter(
    'hq_collector_sweep_late_seconds_total',
    'Time by which the sweep over all connections ran late; not held against the stores.',
    [],
  );

  constructor(version: string) {
    collectDefaultMetrics({ register: this.registry, prefix: 'hq_collector_' });
    for (const name of misnamedSums) this.registry.removeSingleMetric(`hq_collector_${name}`);
    const info = new Gauge({
      name: 'hq_collector_build_info',
      help: 'Always 1; says what runs.',
      labelNames: ['version', 'node'],
      registers: [this.registry],
    });
    info.set({ version, node: process.version }, 1);
  }

  /** Readings are taken at each scrape. */
  observe(read: ProcessReadings): void {
    const gauge = (name: string, help: string, value: () => number) =>
      new Gauge({
        name,
        help,
        registers: [this.registry],
        collect() {
          this.set(value());
        },
      });
    gauge('hq_collector_sockets', 'Open store sockets, those without a hello included.', read.sockets);
    gauge('hq_collector_pushes_in_flight', 'Pushes being handled.', read.pushesInFlight);
    gauge(
      'hq_collector_pulls_in_flight',
      'Pulls being answered, until their stores have taken the page.',
      read.pullsInFlight,
    );
    gauge('hq_collector_pulls_waiting', 'Pulls that wait for their turn.', read.pullsWaiting);
    gauge('hq_collector_db_connections', 'Connections of the pool.', () => read.pool().total);
    gauge(
      'hq_collector_db_connections_idle',
      'Connections of the pool that nobody uses.',
      () => read.pool().idle,
    );
    gauge(
      'hq_collector_db_waiting',
      'Requests that wait for a connection of the pool.',
      () => read.pool().waiting,
    );
    gauge('hq_collector_lease_held', '1 while the lease in Postgres is sure to be alive.', () =>
      Number(read.leaseHeld()),
    );
    gauge('hq_collector_lease_age_seconds', 'Time since the lease was last renewed.', read.leaseAgeSeconds);
    gauge(
      'hq_collector_fleet_changes_waiting',
      'Changes of connections that wait to be written.',
      read.fleetChangesWaiting,
    );
    gauge('hq_collector_failures_waiting', 'Failures that wait to be written.', read.failuresWaiting);
    gauge('hq_collector_page_streams', 'Event streams of the page that are open.', read.pageStreams);
  }

  private histogram<L extends string>(
    name: string,
    help: string,
    labelNames: L[],
    buckets: number[],
  ): Histogram<L> {
    return new Histogram({ name, help, labelNames, buckets, registers: [this.registry] });
  }

  private counter<L extends string>(name: string, help: string, labelNames: L[]): Counter<L> {
    return new Counter({ name, help, labelNames, registers: [this.registry] });
  }
}
