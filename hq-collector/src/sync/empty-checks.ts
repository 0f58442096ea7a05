import type { Pool } from '../db/database.js';
import { FlushLoop } from '../db/flush-loop.js';

/** Distinct (store, entity) that wait while Postgres is away; beyond it a check goes uncounted. */
const maxWaitingChecks = 200_000;

/** What a store's pull found that brought nothing. */
export interface EmptyCheck {
  readonly storeId: string;
  readonly entity: string;
  /** The store has everything up to here; null while it reads from the start. */
  readonly position: number | null;
}

interface WaitingCheck extends EmptyCheck {
  checks: number;
  position: number | null;
  atMs: number;
}

/**
 * Pulls that found nothing new: they update a time and a counter, not the log, and are written many at once, because
 * every store makes some every few minutes.
 */
export class EmptyChecks {
  private waiting = new Map<string, WaitingCheck>();
  private readonly loop: FlushLoop;

  constructor(
    private readonly pool: Pool,
    flushIntervalMs: number,
    onError: (error: unknown) => void,
  ) {
    this.loop = new FlushLoop(flushIntervalMs, () => this.flush(), onError);
  }

  add(check: EmptyCheck): void {
    this.wait({ ...check, checks: 1, atMs: performance.now() });
    this.loop.request();
  }

  stop(): Promise<void> {
    return this.loop.stop();
  }

  private wait(check: WaitingCheck): void {
    const key = `${check.entity} ${check.storeId}`;
    const known = this.waiting.get(key);
    if (!known && this.waiting.size >= maxWaitingChecks) return;
    const checks = check.checks + (known?.checks ?? 0);
    const newer = known && known.atMs > check.atMs ? known : check;
    this.waiting.set(key, { ...newer, checks });
  }

  private async flush(): Promise<void> {
    if (this.waiting.size === 0) return;
    const taken = this.waiting;
    this.waiting = new Map();
    const nowMs = performance.now();
    const rows = [...taken.values()].map(({ atMs, ...check }) => ({ ...check, ageMs: nowMs - atMs }));
    try {
      await this.pool.query(writeChecks, [JSON.stringify(rows)]);
    } catch (error) {
      for (const check of taken.values()) this.wait(check);
      throw error;
    }
  }
}

// A check is a success: it ends the pull's episodes as a confirmed page does. In order, so that replicas never wait for
// each other's rows in turn. A store that has everything has come past a page or a reading from the start that HQ still
// believes it to be at: that went to a machine that is no more, or that was a clone.
const writeChecks = `
  with e as materialized (
    select r.*, clock_timestamp() - "ageMs" * interval '1 ms' as at
    from jsonb_to_recordset($1::jsonb) as r("storeId" text, entity text, checks bigint, position bigint, "ageMs" float8)
  ), passed as materialized (
    select p.store_id, p.entity, e.position from hq.store_pull p join e on p.store_id = e."storeId" and p.entity = e.entity
    where e.position >= p.confirmed_position
      and (p.confirmed_position < e.position or p.page_id is not null or p.scan_end is not null)
      and (p.page_id is null or (p.page_sent_at < e.at and p.page_position <= e.position))
      and (p.scan_end is null or p.scan_started_at < e.at)
    order by 1, 2 for update of p
  ), moved as (
    update hq.store_pull p set confirmed_position = passed.position, scan_end = null, scan_started_at = null,
      page_id = null, page_position = null, page_scan_end = null, page_records = null, page_bytes = null, page_sent_at = null
    from passed
    where p.store_id = passed.store_id and p.entity = passed.entity
  ), ending as materialized (
    select x.episode_id from hq.error_episode x join e on x.store_id = e."storeId"
    where x.resolved_at is null and (x.entity = '' or (x.entity = e.entity and x.direction = 'pull'))
    order by x.episode_id for update of x
  ), resolved as (
    update hq.error_episode x set resolved_at = clock_timestamp() from ending where x.episode_id = ending.episode_id
  )
  insert into hq.store_entity as s (store_id, entity, direction, last_success_at, empty_checks_total)
  select "storeId", entity, 'pull', clock_timestamp(), checks from e order by 1, 2
  on conflict (store_id, entity, direction) do update set last_success_at = excluded.last_success_at,
    empty_checks_total = s.empty_checks_total + excluded.empty_checks_total, changed_at = clock_timestamp()`;
