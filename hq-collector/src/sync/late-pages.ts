import type { Pool } from '../db/database.js';
import { countFailures } from './error-episodes.js';

/** Pages that no store confirmed within the time become failures, each once; a confirmation that comes later still counts. */
export async function failLatePages(pool: Pool, confirmTimeoutMs: number): Promise<number> {
  const { rows } = await pool.query<{ failed: number }>(failPages, [confirmTimeoutMs]);
  return rows[0]!.failed;
}

// Rows that another replica or a pull holds just now are left to the next look.
const failPages = `
  with due as (
    select store_id, entity from hq.store_pull
    where page_id is not null and not page_failed and page_sent_at < clock_timestamp() - $1 * interval '1 ms'
    order by store_id, entity for update skip locked
  ), late as (
    update hq.store_pull p set page_failed = true from due
    where p.store_id = due.store_id and p.entity = due.entity
    returning p.store_id, p.entity, p.page_id, p.page_records, p.page_bytes
  ), failed as (
    select store_id, entity, 'pull' as direction, 'network_timeout' as kind, 'page_unconfirmed' as code,
      'page of ' || page_records || ' records was not confirmed within ' || $1 || ' ms' as message,
      clock_timestamp() as at, 1 as times
    from late
  ), ${countFailures}, errors as (
    insert into hq.sync_error (store_id, entity, direction, kind, code, message, source, batch_id)
    select f.store_id, f.entity, 'pull', kind, code, message, 'http', l.page_id::text from failed f join late l using (store_id, entity)
  ), logged as (
    insert into hq.sync_log (store_id, entity, direction, batch_id, succeeded, kind, code, records, bytes)
    select store_id, entity, 'pull', page_id::text, false, 'network_timeout', 'page_unconfirmed', page_records, page_bytes from late
  )
  select count(*)::integer as failed from late`;
