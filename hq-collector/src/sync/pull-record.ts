import { randomUUID } from 'node:crypto';
import type { Queryable } from '../db/database.js';
import type { PullPage } from './pull-page.js';

/** What a pull changes at HQ: the page before it is confirmed, this page is noted as sent. */
export interface PullRecord {
  readonly storeId: string;
  readonly entity: string;
  /** Page that the store says it has applied. */
  readonly confirm: string | null;
  /** Undefined when there is nothing to send. */
  readonly page: PullPage | undefined;
  /** The store has begun from the start: what HQ believed of it is void. */
  readonly fromStart: boolean;
  /** Where the reading from the start will have been through, while the store is in one. */
  readonly scanEnd: number | null;
  /** The store was reading from the start, and this finds nothing more: the reading is over without a page to confirm. */
  readonly scanEnded: boolean;
}

/**
 * One statement, so that a page is confirmed and counted once or not at all.
 * @returns the id of the page sent; null for none.
 */
export async function recordPull(db: Queryable, record: PullRecord): Promise<string | null> {
  const { storeId, entity, confirm, page, fromStart, scanEnd, scanEnded } = record;
  const pageId = page ? randomUUID() : null;
  await db.query({
    name: 'record-pull',
    text: confirmAndSend,
    values: [
      storeId,
      entity,
      confirm,
      fromStart,
      pageId,
      page?.position ?? null,
      page?.scanEnd ?? null,
      page?.records ?? null,
      page?.bytes ?? null,
      scanEnded,
      scanEnd,
    ],
  });
  return pageId;
}

// A confirmed page is a success of the pull: a row in the log, and the end of its episodes.
const confirmAndSend = `
  with before as (
    select * from hq.store_pull where store_id = $1 and entity = $2 for update
  ), confirmed as (
    select * from before where page_id = $3
  ), logged as (
    insert into hq.sync_log (store_id, entity, direction, batch_id, succeeded, records, accepted, bytes, duration_ms)
    select $1, $2, 'pull', page_id::text, true, page_records, page_records, page_bytes,
      (extract(epoch from clock_timestamp() - page_sent_at) * 1000)::integer
    from confirmed
  ), counted as (
    insert into hq.store_entity as e (store_id, entity, direction, last_success_at, records_total)
    select $1, $2, 'pull', clock_timestamp(), page_records from confirmed
    on conflict (store_id, entity, direction) do update set last_success_at = excluded.last_success_at,
      records_total = e.records_total + excluded.records_total, changed_at = clock_timestamp()
  ), resolved as (
    update hq.error_episode set resolved_at = clock_timestamp()
    where store_id = $1 and resolved_at is null and (entity = '' or (entity = $2 and direction = 'pull'))
      and exists (select from confirmed)
  ), scanned as (
    select
      case when $4 then 0 else b.scanned_records + coalesce((select page_records from confirmed), 0) end as records,
      $10 or (not $4 and exists (select from confirmed where page_scan_end is null)) as ended
    from (select) one left join before b on true
    where $4 or b.scan_end is not null
  ), progress as (
    update hq.resync_entity r set
      begun = true,
      records_confirmed = case when s.ended then r.records_total
        else greatest(r.records_confirmed, least(s.records, r.records_total)) end,
      done = s.ended
    from scanned s, hq.resync_job j
    where j.store_id = $1 and j.state = 'running' and r.job_id = j.job_id and r.entity = $2
      and ($4 or r.begun) and not r.done
    returning r.job_id, r.entity, r.done
  ), finished as (
    update hq.resync_job j set state = 'done', ended_at = clock_timestamp()
    from progress p
    where p.done and j.job_id = p.job_id and j.state = 'running' and not exists (
      select from hq.resync_entity o where o.job_id = p.job_id and o.entity <> p.entity and not o.done)
  )
  insert into hq.store_pull as p (store_id, entity, scan_end, page_id, page_position, page_scan_end, page_records, page_bytes, page_sent_at)
  values ($1, $2, case when $4 and not $10 then $11::bigint end, $5::uuid, $6::bigint, $7::bigint, $8::integer, $9::bigint,
    case when $5::uuid is not null then clock_timestamp() end)
  on conflict (store_id, entity) do update set
    confirmed_position = case when $4 then 0
      else coalesce((select page_position from confirmed), p.confirmed_position) end,
    scan_end = case when $10 then null
      when $4 then $11::bigint
      when exists (select from confirmed) then (select page_scan_end from confirmed)
      else p.scan_end end,
    page_id = excluded.page_id, page_position = excluded.page_position, page_scan_end = excluded.page_scan_end,
    page_records = excluded.page_records, page_bytes = excluded.page_bytes, page_sent_at = excluded.page_sent_at,
    page_failed = false,
    scanned_records = case when $4 then 0 else coalesce((select records from scanned), p.scanned_records) end`;
