import type { Pool } from '../db/database.js';
import { FlushLoop } from '../db/flush-loop.js';

/** Distinct (store, entity) that wait while Postgres is away; beyond it a check goes uncounted. */
const maxWaitingChecks = 200_000;

/**
 * Pulls that found nothing new: they update a time and a counter, not the log, and are written many at once, because
 * every store makes some every few minutes.
 */
export class EmptyChecks {
  private waiting = new Map<string, { storeId: string; entity: string; checks: number; position: number }>();
  private readonly loop: FlushLoop;

  constructor(
    private readonly pool: Pool,
    flushIntervalMs: number,
    onError: (error: unknown) => void,
  ) {
    this.loop = new FlushLoop(flushIntervalMs, () => this.flush(), onError);
  }

  /** `position`: up to which there was nothing for the store that it has not confirmed. */
  add(storeId: string, entity: string, position: number, checks = 1): void {
    const key = `${entity} ${storeId}`;
    const known = this.waiting.get(key);
    if (known) {
      known.checks += checks;
      known.position = Math.max(known.position, position);
    } else if (this.waiting.size < maxWaitingChecks)
      this.waiting.set(key, { storeId, entity, checks, position });
    this.loop.request();
  }

  stop(): Promise<void> {
    return this.loop.stop();
  }

  private async flush(): Promise<void> {
    if (this.waiting.size === 0) return;
    const taken = this.waiting;
    this.waiting = new Map();
    try {
      await this.pool.query(writeChecks, [JSON.stringify([...taken.values()])]);
    } catch (error) {
      for (const { storeId, entity, checks, position } of taken.values())
        this.add(storeId, entity, position, checks);
      throw error;
    }
  }
}

// A check is a success: it ends the pull's episodes as a confirmed page does. In order, so that replicas never wait for
// each other's rows in turn. While a store reads from the start, or has a page to confirm, its position is the page's.
const writeChecks = `
  with e as materialized (
    select * from jsonb_to_recordset($1::jsonb) as r("storeId" text, entity text, checks bigint, position bigint)
  ), passed as materialized (
    select p.store_id, p.entity, e.position from hq.store_pull p join e on p.store_id = e."storeId" and p.entity = e.entity
    where p.scan_end is null and p.page_id is null and p.confirmed_position < e.position
    order by 1, 2 for update of p
  ), moved as (
    update hq.store_pull p set confirmed_position = passed.position from passed
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
