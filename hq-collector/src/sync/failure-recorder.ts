import { errors, type ErrorCode, type ErrorKind } from '@hq-sync/protocol/error-code';
import type { Direction } from '@hq-sync/protocol/entity';
import { withTransaction, type Pool } from '../db/database.js';
import { FlushLoop } from '../db/flush-loop.js';
import { writeOrSplit } from '../db/write-or-split.js';
import { countFailures } from './error-episodes.js';

/** Failures of known stores that wait in memory while Postgres is away; beyond it, alike ones are counted together. */
const maxWaitingFailures = 10_000;
/** Distinct (store, entity, code) that are counted together beyond that. */
const maxSummaries = 10_000;
/** Distinct (source, reason, hour) of strangers that wait in memory; further ones share the source `others`. */
const maxWaitingStrangers = 1_000;
const flushIntervalMs = 100;
const maxMessageChars = 2_000;
const hourLengthMs = 3_600_000;

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
  /** Of a store's report: it counts once, however often it comes. */
  readonly reportId?: string;
  /** Set when it was a sync operation of this process: leaves a row in the sync log. */
  readonly operation?: {
    readonly batchId: string | null;
    readonly records: number;
    readonly bytes: number;
    readonly durationMs: number;
    readonly schemaVersion: number | null;
  };
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
  private resolvers: ((written: boolean) => void)[] = [];
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
    this.wait({ failure, atMs: performance.now(), times: failure.times ?? 1 });
    this.loop.request();
    return new Promise((resolve) => this.resolvers.push(resolve));
  }

  /** A token that is not taken. `storeId` when HQ knows whose it was: then the store's episode opens too. */
  rejectedToken(reason: ErrorCode, source: string, storeId: string | undefined): void {
    const hourMs = Math.floor(Date.now() / hourLengthMs) * hourLengthMs;
    this.addStranger({ source, reason, hourMs, failures: 1 });
    if (storeId !== undefined) {
      this.summarise({
        failure: {
          storeId,
          code: reason,
          message: `${errors[reason].title}, from ${source}`,
          source: 'http',
          kind: 'token_rejected',
        },
        atMs: performance.now(),
        times: 1,
      });
    }
    this.loop.request();
  }

  stop(): Promise<void> {
    return this.loop.stop();
  }

  private summarise(one: Waiting): void {
    const { storeId, entity, direction, code } = one.failure;
    const key = JSON.stringify([storeId, entity, direction, code]);
    const known = this.summaries.get(key);
    if (known) {
      known.times += one.times;
      known.atMs = one.atMs;
    } else if (this.summaries.size < maxSummaries) {
      // Counted together with others, a report can no longer be told by its id.
      const { operation: _, reportId: __, ...failure } = one.failure;
      this.summaries.set(key, { ...one, failure });
    } else this.on.dropped(one.times);
  }

  private async flush(): Promise<void> {
    const { resolvers } = this;
    const parts = this.takeAll();
    this.resolvers = [];
    const write = (some: readonly Part[]) =>
      withTransaction(this.pool, async (tx) => {
        // What it has waited for, the connection too, is no part of when it failed.
        const nowMs = performance.now();
        const failures = some.flatMap((part) => (part.failure ? failureRow(part.failure, nowMs) : []));
        const strangers = some.flatMap((part) => part.stranger ?? []);
        if (failures.length > 0) await tx.query(writeFailures, [JSON.stringify(failures)]);
        if (strangers.length > 0) await tx.query(writeStrangers, [JSON.stringify(strangers)]);
      });
    const unwritten = await writeOrSplit(parts, write, (_, error) => {
      this.on.failed(error);
      this.on.dropped(1);
    });
    for (const part of unwritten.items) part.putBack();
    for (const resolve of resolvers) resolve(unwritten.items.length === 0);
    if (unwritten.items.length > 0) throw unwritten.error;
  }

  /** Everything that waits, as rows; nothing waits after it. */
  private takeAll(): Part[] {
    const { waiting, summaries, strangers } = this;
    this.waiting = [];
    this.summaries = new Map();
    this.strangers = new Map();
    return [
      ...waiting.map((one) => ({ failure: one, putBack: () => this.wait(one) })),
      ...[...summaries.values()].map((one) => ({ failure: one, putBack: () => this.summarise(one) })),
      ...[...strangers.values()].map((one) => ({ stranger: one, putBack: () => this.addStranger(one) })),
    ];
  }

  private wait(one: Waiting): void {
    if (this.waiting.length < maxWaitingFailures) this.waiting.push(one);
    else this.summarise(one);
  }

  private addStranger(one: Stranger): void {
    const source = this.strangers.size < maxWaitingStrangers ? one.source : 'others';
    const key = `${one.hourMs} ${one.reason} ${source}`;
    const known = this.strangers.get(key);
    if (known) known.failures += one.failures;
    else this.strangers.set(key, { ...one, source });
  }
}

/** What becomes a row of Postgres, and how it goes back to waiting. */
interface Part {
  readonly failure?: Waiting;
  readonly stranger?: Stranger;
  putBack(): void;
}

function failureRow({ failure, atMs, times }: Waiting, nowMs: number): object {
  const { operation } = failure;
  return {
    age_ms: nowMs - atMs,
    store_id: failure.storeId,
    entity: failure.entity ?? null,
    direction: failure.direction ?? null,
    kind: failure.kind ?? null,
    code: failure.code,
    message: failure.message.slice(0, maxMessageChars),
    source: failure.source,
    times,
    report_id: failure.reportId ?? null,
    // Tokens that HQ rejects are the strangers' row and an episode; their own error rows would be without bound.
    detailed: failure.kind !== 'token_rejected' || failure.source === 'store',
    operation: operation !== undefined,
    batch_id: operation?.batchId ?? null,
    records: operation?.records ?? 0,
    bytes: operation?.bytes ?? 0,
    duration_ms: operation ? Math.round(operation.durationMs) : null,
    schema_version: operation?.schemaVersion ?? null,
  };
}

const writeFailures = `
  with came as (
    select r.*, clock_timestamp() - age_ms * interval '1 ms' as at,
      row_number() over (partition by store_id, report_id) as number
    from jsonb_to_recordset($1::jsonb) as r(age_ms float8, store_id text, entity text, direction text, kind text, code text,
      message text, source text, times integer, report_id uuid, detailed boolean, operation boolean, batch_id text,
      records integer, bytes bigint, duration_ms integer, schema_version integer)
  ), reports as (
    insert into hq.store_report (store_id, report_id)
    select store_id, report_id from came where report_id is not null and number = 1 order by 1, 2
    on conflict do nothing
    returning store_id, report_id
  ), failed as (
    select * from came where report_id is null
      or (number = 1 and (store_id, report_id) in (select store_id, report_id from reports))
  ), ${countFailures}, logged as (
    insert into hq.sync_log (at, store_id, entity, direction, batch_id, succeeded, kind, code, records, bytes, duration_ms,
      schema_version, operations)
    select at, store_id, coalesce(entity, ''), coalesce(direction, ''), batch_id, false, kind, code, records, bytes, duration_ms,
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
