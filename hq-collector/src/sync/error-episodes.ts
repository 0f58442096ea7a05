import type { Pool } from '../db/database.js';

/** The newest success that is later than the failures of `f(store_id, entity, direction, kind, last_at)` and ends them. */
const laterSuccess = `
  select max(s.last_success_at) as at from hq.store_entity s
  where s.store_id = f.store_id and (f.entity = '' or (s.entity = f.entity and s.direction = f.direction))
    and f.kind <> 'record_rejected'
  having max(s.last_success_at) > f.last_at`;

/**
 * Opens or continues the episodes in `failed(store_id, entity, direction, kind, code, message, at, times)` and counts them.
 * A failure that is written after a success that came after it is over.
 */
export const countFailures = `
  episodes as (
    insert into hq.error_episode as e (store_id, entity, direction, kind, code, message, opened_at, last_at, failures, resolved_at)
    select f.store_id, f.entity, f.direction, f.kind, f.code, f.message, f.opened_at, f.last_at, f.failures, success.at
    from (
      select store_id, coalesce(entity, '') as entity, coalesce(direction, '') as direction, kind,
        (array_agg(code order by at desc))[1] as code, (array_agg(message order by at desc))[1] as message,
        min(at) as opened_at, max(at) as last_at, sum(times) as failures
      from failed where kind is not null
      group by 1, 2, 3, 4
    ) f left join lateral (${laterSuccess}) success on true
    order by 1, 2, 3, 4
    on conflict (store_id, entity, direction, kind) where resolved_at is null do update set
      code = excluded.code, message = excluded.message, last_at = excluded.last_at, failures = e.failures + excluded.failures
  ), totals as (
    insert into hq.store_error_total as t (store_id, kind, total)
    select store_id, kind, sum(times) from failed where kind is not null group by 1, 2 order by 1, 2
    on conflict (store_id, kind) do update set total = t.total + excluded.total, changed_at = clock_timestamp()
  )`;

/**
 * Ends the episodes that a later success has ended, though neither saw the other: a failure and a success that are
 * written at once see what was committed before them. Rows that a success holds just now are left to it.
 */
export async function endEpisodes(pool: Pool): Promise<void> {
  await pool.query(endOpen);
}

const endOpen = `
  with ended as materialized (
    select f.episode_id, success.at from hq.error_episode f cross join lateral (${laterSuccess}) success
    where f.resolved_at is null
    order by f.episode_id for update of f skip locked
  )
  update hq.error_episode e set resolved_at = ended.at from ended where e.episode_id = ended.episode_id`;
