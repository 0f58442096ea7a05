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
}

/** What became of it. */
export interface PullRecorded {
  /** Of the page sent; null for none. */
  readonly pageId: string | null;
  /** Records of the page that is confirmed by this; null when it confirmed none (again). */
  readonly confirmedRecords: number | null;
}

/** One statement, so that a page is confirmed and counted once or not at all. */
export async function recordPull(db: Queryable, record: PullRecord): Promise<PullRecorded> {
  const { storeId, entity, confirm, page, fromStart } = record;
  const pageId = page ? randomUUID() : null;
  const { rows } = await db.query<{ confirmedRecords: number | null }>({
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
    ],
  });
  return { pageId, confirmedRecords: rows[0]?.confirmedRecords ?? null };
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
  ), state as (
    insert into hq.store_pull as p (store_id, entity, page_id, page_position, page_scan_end, page_records, page_bytes, page_sent_at)
    values ($1, $2, $5::uuid, $6::bigint, $7::bigint, $8::integer, $9::bigint, case when $5::uuid is not null then clock_timestamp() end)
    on conflict (store_id, entity) do update set
      confirmed_position = case when $4 then 0
        else coalesce((select page_position from confirmed), p.confirmed_position) end,
      scan_end = case when $4 then excluded.page_scan_end
        when exists (select from confirmed) then (select page_scan_end from confirmed)
        else p.scan_end end,
      page_id = excluded.page_id, page_position = excluded.page_position, page_scan_end = excluded.page_scan_end,
      page_records = excluded.page_records, page_bytes = excluded.page_bytes, page_sent_at = excluded.page_sent_at,
      page_failed = false
  )
  select page_records as "confirmedRecords" from confirmed`;
