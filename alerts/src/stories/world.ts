import { errorKinds } from '@hq-sync/protocol/error-code';
import { promtoolValues, stepOf, stepSeconds, type Span, type Timeline } from './timeline.js';

export interface InputSeries {
  readonly series: string;
  readonly values: string;
}

type Labels = Readonly<Record<string, string>>;

/** What a store is at each step; null where HQ does not know. */
interface StoreTimes {
  readonly region: string;
  readonly connected: Timeline;
  readonly expected: Timeline;
  readonly connects: Timeline;
  readonly duplicate: Timeline;
  /** Null: the token does not expire, or none works. */
  readonly tokenExpiry: Timeline;
  readonly lastSync: Timeline;
  readonly pending: Timeline;
  readonly oldestPending: Timeline;
  readonly skew: Timeline;
  readonly compatible: Timeline;
  readonly errors: ReadonlyMap<string, Timeline>;
  /** 0 where the store is not there: not created yet, or archived. */
  readonly exists: Timeline;
}

/**
 * A chain with its HQ as Prometheus scrapes it, all well until a story has something happen. Stores are named
 * `<region>-<number>`, from 1; collectors a and b.
 */
export class World {
  private readonly steps: number;
  private readonly stores = new Map<string, StoreTimes>();
  private readonly fleetSeen: Timeline;
  private readonly collectors = new Map<string, { up: Timeline; lease: Timeline }>();
  private readonly others = new Map<string, Timeline>();

  constructor(regions: Readonly<Record<string, number>>, minutes: number) {
    this.steps = stepOf(minutes) + 1;
    this.fleetSeen = this.always(1);
    for (const [region, count] of Object.entries(regions))
      for (let number = 1; number <= count; number++) this.addStore(`${region}-${number}`, region);
    for (const instance of ['a', 'b'])
      this.collectors.set(instance, { up: this.always(1), lease: this.always(1) });
    for (const [series, value] of healthyMonitoring) this.others.set(series, this.always(value));
  }

  /** Ids of a region's stores from one number to another; all of them without. */
  ids(region: string, from = 1, to = Infinity): string[] {
    return [...this.stores.keys()].filter((id) => {
      const number = Number(id.slice(id.lastIndexOf('-') + 1));
      return this.stores.get(id)!.region === region && number >= from && number <= to;
    });
  }

  get all(): string[] {
    return [...this.stores.keys()];
  }

  /** Off the line: nothing syncs, and coming back is a connection. */
  offline(ids: readonly string[], ...spans: Span[]): this {
    for (const id of ids) {
      const store = this.store(id);
      for (const span of spans) {
        this.set(store.connected, 0, span);
        this.freeze(store.lastSync, span);
        if (span[1] !== undefined) this.raise(store.connects, span[1], 1);
      }
    }
    return this;
  }

  /** Not known to HQ. */
  unknown(ids: readonly string[], span: Span): this {
    for (const id of ids) this.set(this.store(id).connected, null, span);
    return this;
  }

  /** Outside of opening hours, on a holiday or in maintenance: the collector says which. */
  notExpected(ids: readonly string[], span: Span): this {
    for (const id of ids) this.set(this.store(id).expected, 0, span);
    return this;
  }

  /** A store with a token whose server has not come yet. */
  neverConnected(ids: readonly string[], toMinute = Infinity): this {
    const span: Span = [0, toMinute];
    for (const id of ids)
      for (const name of ['connected', 'connects', 'lastSync'] as const)
        this.set(this.store(id)[name], 0, span);
    return this;
  }

  /** Connected, and nothing has ever been pushed or pulled. */
  neverSynced(ids: readonly string[]): this {
    for (const id of ids) this.store(id).lastSync.fill(0);
    return this;
  }

  archived(ids: readonly string[], fromMinute: number): this {
    for (const id of ids) this.set(this.store(id).exists, 0, [fromMinute]);
    return this;
  }

  /** Connects anew so often a minute, out for less than a scrape. */
  flaps(ids: readonly string[], perMinute: number, [from, to = this.minutes]: Span): this {
    for (const id of ids)
      for (let minute = from; minute < to; minute += 1 / perMinute)
        this.raise(this.store(id).connects, minute, 1);
    return this;
  }

  /** A second machine was seen with the store's token; HQ remembers it for 10 minutes. */
  twoServers(ids: readonly string[], span: Span): this {
    for (const id of ids) this.set(this.store(id).duplicate, 1, span);
    return this;
  }

  /** From a minute on the store uses a token that ends at another; after its end none works. */
  tokenEnds(ids: readonly string[], endMinute: number, fromMinute = 0): this {
    for (const id of ids) {
      this.set(this.store(id).tokenExpiry, null, [fromMinute]);
      this.set(this.store(id).tokenExpiry, endMinute * 60, [fromMinute, endMinute]);
    }
    return this;
  }

  /** A token that ends, of a collector that says so for ever. */
  tokenEnded(ids: readonly string[], endMinute: number): this {
    for (const id of ids) this.set(this.store(id).tokenExpiry, endMinute * 60, [0]);
    return this;
  }

  /** Connected, but the time of the last success stands. */
  stale(ids: readonly string[], span: Span): this {
    for (const id of ids) this.freeze(this.store(id).lastSync, span);
    return this;
  }

  /** Open failures of a kind; what fails does not sync. */
  errors(ids: readonly string[], kind: (typeof errorKinds)[number], span: Span): this {
    for (const id of ids) {
      this.set(this.store(id).errors.get(kind)!, 3, span);
      if (kind !== 'record_rejected' && kind !== 'schema_mismatch')
        this.freeze(this.store(id).lastSync, span);
    }
    return this;
  }

  /** Records that wait to be pushed, by minutes since the span began. */
  backlog(ids: readonly string[], span: Span, recordsAt: (minute: number) => number): this {
    for (const id of ids) {
      const { pending, oldestPending } = this.store(id);
      this.each(span, (step) => {
        pending[step] = Math.round(recordsAt(((step - stepOf(span[0])) * stepSeconds) / 60));
        oldestPending[step] = pending[step] > 0 ? span[0] * 60 + 1 : 0;
      });
    }
    return this;
  }

  clockAhead(ids: readonly string[], seconds: number, span: Span): this {
    for (const id of ids) this.set(this.store(id).skew, seconds, span);
    return this;
  }

  incompatible(ids: readonly string[], span: Span): this {
    for (const id of ids) this.set(this.store(id).compatible, 0, span);
    return this;
  }

  /** Prometheus knows it there as well, from before it moved. */
  inRegionToo(id: string, region: string, span: Span): this {
    return this.other(
      `hq_store_info${labelText({ ...stores, store_id: id, ...this.info(id), region })}`,
      1,
      span,
    );
  }

  /** The scrape of /metrics/stores fails. */
  storeMetricsDown(span: Span): this {
    this.set(this.fleetSeen, 0, span);
    return this;
  }

  collectorDown(instance: string, span: Span): this {
    this.set(this.collectors.get(instance)!.up, 0, span);
    return this;
  }

  leaseLost(instance: string, span: Span): this {
    this.set(this.collectors.get(instance)!.lease, 0, span);
    return this;
  }

  /** Any other series, or one of those that are well by themselves: see `healthyMonitoring`. */
  other(series: string, value: number | null, span: Span = [0]): this {
    const timeline = this.others.get(series) ?? new Array<null>(this.steps).fill(null);
    this.others.set(series, timeline);
    this.set(timeline, value, span);
    return this;
  }

  /** A counter that stands at 0 and rises by one with each scrape of the span. */
  rising(series: string, span: Span): this {
    const timeline = this.always(0);
    this.others.set(series, timeline);
    this.each(span, (step) => this.raiseFrom(timeline, step, 1));
    return this;
  }

  /** All of it, as promtool takes it. */
  series(): InputSeries[] {
    const lines: InputSeries[] = [];
    const put = (name: string, labels: Labels, timeline: Timeline) => {
      if (timeline.some((value) => value !== null))
        lines.push({ series: `${name}${labelText(labels)}`, values: promtoolValues(timeline) });
    };
    put('up', stores, this.fleetSeen);
    const whereSeen = (timeline: Timeline, exists: Timeline = this.fleetSeen) =>
      timeline.map((value, step) => (this.fleetSeen[step] === 1 && exists[step] === 1 ? value : null));
    for (const [status, timeline] of this.statuses())
      put('hq_stores', { ...stores, status }, whereSeen(timeline));
    for (const [id, store] of this.stores) {
      const at = (name: string, timeline: Timeline, labels: Labels = {}) =>
        put(name, { ...stores, store_id: id, ...labels }, whereSeen(timeline, store.exists));
      at('hq_store_info', this.always(1), this.info(id));
      at('hq_store_connected', store.connected);
      at('hq_store_expected_online', store.expected);
      at('hq_store_connects_total', store.connects);
      at('hq_store_duplicate_server', store.duplicate);
      at('hq_store_token_expiry_timestamp_seconds', store.tokenExpiry);
      at('hq_store_last_sync_timestamp_seconds', store.lastSync);
      at('hq_store_last_heartbeat_timestamp_seconds', store.lastSync);
      at('hq_store_pending_records', store.pending, { direction: 'push' });
      at('hq_store_oldest_pending_timestamp_seconds', store.oldestPending, { direction: 'push' });
      at('hq_store_clock_skew_seconds', store.skew);
      at('hq_store_schema_compatible', store.compatible);
      for (const [kind, timeline] of store.errors)
        if (timeline.some((open) => open !== 0)) at('hq_store_sync_errors_open', timeline, { kind });
    }
    for (const [instance, { up, lease }] of this.collectors) {
      const labels = { job: 'hq-collector', instance };
      put('up', labels, up);
      put(
        'hq_collector_lease_held',
        labels,
        lease.map((held, step) => (up[step] === 1 ? held : null)),
      );
    }
    for (const [series, timeline] of this.others) lines.push({ series, values: promtoolValues(timeline) });
    return lines;
  }

  private statuses(): Map<string, Timeline> {
    const counts = new Map<string, Timeline>(
      ['connected', 'disconnected', 'unknown', 'never_connected'].map((status) => [status, this.always(0)]),
    );
    for (const { connected, connects, exists } of this.stores.values())
      for (let step = 0; step < this.steps; step++) {
        if (exists[step] !== 1) continue;
        const status =
          connected[step] === null
            ? 'unknown'
            : connected[step] === 1
              ? 'connected'
              : connects[step] === 0
                ? 'never_connected'
                : 'disconnected';
        counts.get(status)![step]! += 1;
      }
    return counts;
  }

  private addStore(id: string, region: string): void {
    this.stores.set(id, {
      region,
      connected: this.always(1),
      expected: this.always(1),
      connects: this.always(1),
      duplicate: this.always(0),
      tokenExpiry: new Array<null>(this.steps).fill(null),
      // 0 is never: the first success is a second after the beginning of time.
      lastSync: this.always(0).map((_, step) => step * stepSeconds + 1),
      pending: this.always(0),
      oldestPending: this.always(0),
      skew: this.always(0),
      compatible: this.always(1),
      errors: new Map(errorKinds.map((kind) => [kind, this.always(0)])),
      exists: this.always(1),
    });
  }

  private info(id: string): Labels {
    return {
      name: `Store ${id}`,
      region: this.store(id).region,
      agent_version: '1.0.0',
      schema_version: '2',
    };
  }

  private store(id: string): StoreTimes {
    const store = this.stores.get(id);
    if (store === undefined) throw new Error(`no store ${id} in this story`);
    return store;
  }

  private get minutes(): number {
    return ((this.steps - 1) * stepSeconds) / 60;
  }

  private always(value: number): Timeline {
    return new Array<number>(this.steps).fill(value);
  }

  private each([from, to]: Span, at: (step: number) => void): void {
    const end = to === undefined ? this.steps : Math.min(stepOf(to), this.steps);
    for (let step = stepOf(from); step < end; step++) at(step);
  }

  private set(timeline: Timeline, value: number | null, span: Span): void {
    this.each(span, (step) => (timeline[step] = value));
  }

  private freeze(timeline: Timeline, span: Span): void {
    const held = timeline[stepOf(span[0])]!;
    this.set(timeline, held, span);
  }

  private raise(timeline: Timeline, fromMinute: number, by: number): void {
    this.raiseFrom(timeline, stepOf(fromMinute), by);
  }

  private raiseFrom(timeline: Timeline, fromStep: number, by: number): void {
    for (let step = fromStep; step < this.steps; step++) timeline[step] = (timeline[step] ?? 0) + by;
  }
}

const stores = { job: 'hq-stores', instance: 'hq' };

/** Series beside the collectors' that a sound installation has. */
const healthyMonitoring: readonly (readonly [series: string, value: number])[] = [
  ['up{job="hq-postgres",instance="postgres"}', 1],
  ['pg_up{job="hq-postgres",instance="postgres"}', 1],
  ['up{job="prometheus",instance="prometheus"}', 1],
  ['up{job="alertmanager",instance="alertmanager"}', 1],
  ['prometheus_config_last_reload_successful{job="prometheus",instance="prometheus"}', 1],
  ['prometheus_notifications_alertmanagers_discovered{job="prometheus",instance="prometheus"}', 1],
  ['alertmanager_config_last_reload_successful{job="alertmanager",instance="alertmanager"}', 1],
  ['alertmanager_cluster_members{job="alertmanager",instance="alertmanager"}', 1],
];

function labelText(labels: Labels): string {
  return `{${Object.entries(labels)
    .map(([name, value]) => `${name}=${JSON.stringify(value)}`)
    .join(',')}}`;
}
