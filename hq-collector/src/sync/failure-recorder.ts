import type { ErrorCode, ErrorKind } from '@hq-sync/protocol/error-code';
import type { Direction } from '@hq-sync/protocol/entity';
import { withTransaction, type Pool } from '../db/database.js';
import { FlushLoop } from '../db/flush-loop.js';

/** Failures of known stores that wait in memory while Postgres is away; beyond it, alike ones are counted together. */
const maxWaitingFailures = 10_000;
/** Distinct (store, entity, code) that are counted together beyond that. */
const maxSummaries = 10_000;
/** Distinct (source, reason, hour) of strangers that wait in memory; further ones share the source `others`. */
const maxWaitingStrangers = 1_000;
const flushIntervalMs = 100;

/** One failure of a known store. */
export interface Failure {
  readonly storeId: string;
  readonly code: ErrorCode;
  readonly message: string;
  readonly source: 'http' | 'socket' | 'store';
  /** Kind of sync error; without one (a bad frame) it opens no episode. */
  readonly kind?: ErrorKind | undefined;
  readonly entity?: string;
  readonly direction?: Direction;
  readonly times?: number;
  /** Set when it was a sync operation of this process: leaves a row in the sync log. */
  readonly operation?: { readonly batchId: string | null; readonly records: number; readonly bytes: number; readonly durationMs: number; readonly schemaVersion: number | null };
}

interface Waiting {
  failure: Failure;
  atMs: number;
  times: number;
}

interface Stranger {
  source: string;
  reason: string;
  hourMs: number;
  failures: number;
}

/**
 * Writes what failed: the error's row, the sync log's row, its episode and the totals, in batches. While Postgres is
 * away failures are counted in memory, bounded, and written after. Failures of nobody HQ knows, and of tokens that
 * are no longer taken, become one row per source, reason and hour, so that no stranger can fill the disk.
 */
export class FailureRecorder {
  private waiting: Waiting[] = [];
  private summaries = new Map<string, Waiting>();
  private strangers = new Map<string, Stranger>();
  private readonly loop: FlushLoop;

  constructor(
    private readonly pool: Pool,
    private readonly on: { failed(error: unknown): void; dropped(failures: number): void },
  ) {
    this.loop = new FlushLoop(flushIntervalMs, () => this.flush(), on.failed);
  }

  get waitingFailures(): number {
    return this.waiting.length + this.summaries.size;
  }

  /** Resolves to whether it is in Postgres; false means that it waits in memory. Never rejects. */
  record(failure: Failure): Promise<boolean> {
    const one: Waiting = { failure, atMs: performance.now(), times: failure.times ?? 1 };
    if (this.waiting.length < maxWaitingFailures) this.waiting.push(one);
    else this.summarise(one);
    this.loop.request();
    return new Promise((resolve) => this.resolvers.push(resolve));
  }

  /** A token that is not taken. `storeId` when HQ knows whose it was: then the store's episode opens too. */
  rejectedToken(reason: ErrorCode, source: string, storeId: string | undefined): void {
    const hourMs = Math.floor(Date.now() / 3_600_000) * 3_600_000;
    const from = this.strangers.size < maxWaitingStrangers ? source : 'others';
    const key = `${hourMs} ${reason} ${from}`;
    const known = this.strangers.get(key);
    if (known) known.failures += 1;
    else this.strangers.set(key, { source: from, reason, hourMs, failures: 1 });
    if (storeId !== undefined) {
      this.summarise({
        failure: { storeId, code: reason, message: `from ${source}`, source: 'http', kind: 'token_rejected' },
        atMs: performance.now(),
        times: 1,
      });
    }
    this.loop.request();
  }

  stop(): Promise<void> {
    return this.loop.stop();
  }

  private resolvers: ((written: boolean) => void)[] = [];

  private summarise(one: Waiting): void {
    const { storeId, entity, direction, code } = one.failure;
    const key = JSON.stringify([storeId, entity, direction, code]);
    const known = this.summaries.get(key);
    if (known) {
      known.times += one.times;
      known.atMs = one.atMs;
    } else if (this.summaries.size < maxSummaries) {
      const { operation: _, ...failure } = one.failure;
      this.summaries.set(key, { ...one, failure });
    } else this.on.dropped(one.times);
  }

  private async flush(): Promise<void> {
    const { waiting, summaries, strangers, resolvers } = this;
    this.resolvers = [];
    this.waiting = [];
    this.summaries = new Map();
    this.strangers = new Map();
    const written = await this.write(waiting, [...summaries.values()], [...strangers.values()]).then(
      () => true,
      (error: unknown) => {
        this.putBack(waiting, summaries, strangers);
        for (const resolve of resolvers) resolve(false);
        throw error;
      },
    );
    for (const resolve of resolvers) resolve(written);
  }

  private putBack(waiting: Waiting[], summaries: Map<string, Waiting>, strangers: Map<string, Stranger>): void {
    const newer = this.waiting;
    this.waiting = waiting;
    for (const one of newer) {
      if (this.waiting.length < maxWaitingFailures) this.waiting.push(one);
      else this.summarise(one);
    }
    for (const one of summaries.values()) this.summarise(one);
    for (const [key, one] of strangers) {
      const newerOne = this.strangers.get(key);
      if (newerOne) newerOne.failures += one.failures;
      else this.strangers.set(key, one);
    }
  }

  private async write(waiting: Waiting[], summaries: Waiting[], strangers: Stranger[]): Promise<void> {
    const nowMs = performance.now();
    // Token rejections are the strangers' row and an episode; their own error rows would be without bound.
    const row = (one: Waiting, detailed: boolean) => ({
      age_ms: nowMs - one.atMs,
      store_id: one.failure.storeId,
      entity: one.failure.entity ?? null,
      direction: one.failure.direction ?? null,
      kind: one.failure.kind ?? null,
      code: one.failure.code,
      message: one.failure.message.slice(0, 2_000),
      source: one.failure.source,
      times: one.times,
      detailed,
      ...(one.failure.operation && {
        batch_id: one.failure.operation.batchId,
        records: one.failure.operation.records,
        bytes: one.failure.operation.bytes,
        duration_ms: Math.round(one.failure.operation.durationMs),
        schema_version: one.failure.operation.schemaVersion,
      }),
      operation: one.failure.operation !== undefined,
    });
    const rows = [...waiting.map((one) => row(one, true)), ...summaries.map((one) => row(one, one.failure.kind !== 'token_rejected'))];
    await withTransaction(this.pool, async (tx) => {
      if (rows.length > 0) await tx.query(writeFailures, [JSON.stringify(rows)]);
      if (strangers.length > 0) await tx.query(writeStrangers, [JSON.stringify(strangers)]);
    });
  }
}

/** Opens or continues the episodes in `failed(store_id, entity, direction, kind, code, message, at, times)` and counts them. */
export const countFailures = `
  episodes as (
    insert into hq.error_episode as e (store_id, entity, direction, kind, code, message, opened_at, last_at, failures)
    select store_id, coalesce(entity, ''), coalesce(direction, ''), kind,
      (array_agg(code order by at desc))[1], (array_agg(message order by at desc))[1], min(at), max(at), sum(times)
    from failed where kind is not null
    group by 1, 2, 3, 4
    order by 1, 2, 3, 4
    on conflict (store_id, entity, direction, kind) where resolved_at is null do update set
      code = excluded.code, message = excluded.message, last_at = excluded.last_at, failures = e.failures + excluded.failures
  ), totals as (
    insert into hq.store_error_total as t (store_id, kind, total)
    select store_id, kind, sum(times) from failed where kind is not null group by 1, 2 order by 1, 2
    on conflict (store_id, kind) do update set total = t.total + excluded.total, changed_at = clock_timestamp()
  )`;

const writeFailures = `
  with failed as (
    select r.*, clock_timestamp() - age_ms * interval '1 ms' as at
    from jsonb_to_recordset($1::jsonb) as r(age_ms float8, store_id text, entity text, direction text, kind text, code text,
      message text, source text, times integer, detailed boolean, operation boolean, batch_id text, records integer,
      bytes bigint, duration_ms integer, schema_version integer)
  ), ${countFailures}, logged as (
    insert into hq.sync_log (at, store_id, entity, direction, batch_id, succeeded, kind, code, records, bytes, duration_ms,
      schema_version, operations)
    select at, store_id, entity, direction, batch_id, false, kind, code, coalesce(records, 0), coalesce(bytes, 0), duration_ms,
      schema_version, times
    from failed
    where operation or (kind is not null and entity is not null and direction is not null)
  )
  insert into hq.sync_error (at, store_id, entity, direction, kind, code, message, source, batch_id, times)
  select at, store_id, entity, direction, kind, code, message, source, batch_id, times
  from failed where detailed`;

const writeStrangers = `
  insert into hq.auth_failure as f (hour, source, reason, failures, last_at)
  select to_timestamp("hourMs" / 1000.0), source, reason, failures, clock_timestamp()
  from jsonb_to_recordset($1::jsonb) as r("hourMs" float8, source text, reason text, failures bigint)
  on conflict (hour, source, reason) do update set failures = f.failures + excluded.failures, last_at = excluded.last_at`;
