import { Batches } from '../db/batches.js';
import type { Pool } from '../db/database.js';

/** What a pull changes at HQ: the page before it is confirmed, this page is noted as sent. */
export interface PullRecord {
  readonly storeId: string;
  readonly entity: string;
  /** When the request arrived, by `performance.now()`. */
  readonly askedMs: number;
  /** Page that the store says it has applied. */
  readonly confirm: string | null;
  /** Position of the cursor that the store asked with; 0 from the start. */
  readonly askedPosition: number;
  /** The store has begun from the start: what HQ believed of it is void. */
  readonly fromStart: boolean;
  /** Where the reading from the start will have been through, while the store is in one. */
  readonly scanEnd: number | null;
  /** The store was reading from the start, and this finds nothing more: the reading is over without a page to confirm. */
  readonly scanEnded: boolean;
  /** The page sent; null: there was nothing to send. */
  readonly page: {
    readonly id: string;
    /** Where the store is once it has confirmed the page. */
    readonly position: number;
    readonly scanEnd: number | null;
    readonly records: number;
    readonly bytes: number;
  } | null;
  /** Where the next cursor is held to HQ's history. */
  readonly anchor: number;
}

/** Nonce of the publication that covers the anchor; null: there is none. */
export type RecordedPull = number | null;

/** Most pulls that one statement records. */
const maxPulls = 64;
/** Pages kept beside the newest until they are confirmed. A request that a dead store server has left displaces one. */
const maxDisplacedPages = 4;

/** Records pulls, many with one statement: a page is confirmed and counted once or not at all. */
export const pullRecords = (pool: Pool): Batches<PullRecord, RecordedPull> =>
  new Batches(
    async (pulls) => {
      const { rows } = await pool.query<{ number: number; nonce: number | null }>({
        name: 'record-pulls',
        text: confirmAndSend,
        values: [JSON.stringify(pulls.map(rowOf))],
      });
      const nonces: RecordedPull[] = pulls.map(() => null);
      for (const { number, nonce } of rows) nonces[number] = nonce;
      return nonces;
    },
    maxPulls,
    ({ storeId, entity }) => JSON.stringify([storeId, entity]),
  );

function rowOf({ askedMs, ...pull }: PullRecord, number: number) {
  return { number, ageMs: performance.now() - askedMs, ...pull };
}

// A confirmed page is a success of the pull: a row in the log, and the end of its episodes. Rows are locked in the order
// of their keys, so that two statements never wait for each other in turn. A request whose cursor lies before what is
// confirmed came late, after the one that its store sent next, and so did one that arrived before the newest recorded: a
// store server that died has left it. It is not in order: it gets its page, which is kept as a displaced one, and nothing
// else of it counts. One that comes even later, as the newest, displaces the page that the living store server has got.
const confirmAndSend = `
  with arrived as materialized (
    select number, clock_timestamp() - "ageMs" * interval '1 ms' as asked_at, "storeId" as store_id, entity, confirm, "askedPosition" as asked_position, "fromStart" as from_start,
      "scanEnd" as scan_end, "scanEnded" as scan_ended, anchor, page,
      (page ->> 'id')::uuid as page_id, (page ->> 'position')::bigint as page_position, (page ->> 'scanEnd')::bigint as page_scan_end,
      (page ->> 'records')::integer as page_records, (page ->> 'bytes')::bigint as page_bytes
    from jsonb_to_recordset($1::jsonb) as r(number integer, "ageMs" float8, "storeId" text, entity text, confirm uuid, "askedPosition" bigint,
      "fromStart" boolean, "scanEnd" bigint, "scanEnded" boolean, anchor bigint, page jsonb)
  ), before as materialized (
    select p.* from hq.store_pull p join arrived a using (store_id, entity) order by p.store_id, p.entity for update of p
  ), sent_before as materialized (
    select store_id, entity, jsonb_build_object('id', page_id, 'position', page_position, 'scanEnd', page_scan_end,
      'records', page_records, 'bytes', page_bytes, 'sentAt', page_sent_at) as page from before where page_id is not null
    union all
    select store_id, entity, jsonb_array_elements(displaced_pages) from before
  ), confirmed as materialized (
    select store_id, entity, (s.page ->> 'id')::uuid as page_id, (s.page ->> 'position')::bigint as page_position,
      (s.page ->> 'scanEnd')::bigint as page_scan_end, (s.page ->> 'records')::integer as page_records,
      (s.page ->> 'bytes')::bigint as page_bytes, (s.page ->> 'sentAt')::timestamptz as page_sent_at
    from arrived a join sent_before s using (store_id, entity) where (s.page ->> 'id')::uuid = a.confirm
  ), asked as materialized (
    select a.*, a.from_start or c.page_id is not null or a.asked_position >= coalesce(b.confirmed_position, 0) as in_order
    from arrived a left join before b using (store_id, entity) left join confirmed c using (store_id, entity)
    where b.asked_at is null or a.asked_at >= b.asked_at
  ), displaced as (
    select a.store_id, a.entity, coalesce(jsonb_agg(d.page order by d.number) filter (where d.page is not null), '[]') as pages
    from arrived a left join before b using (store_id, entity) left join asked o using (store_id, entity)
    left join lateral (
      select page, number
      from jsonb_array_elements(coalesce(b.displaced_pages, '[]') || case
        when o.in_order then coalesce((select s.page from sent_before s
          where s.store_id = b.store_id and s.entity = b.entity and (s.page ->> 'id')::uuid = b.page_id), '[]')
        when a.page_id is not null then a.page || jsonb_build_object('sentAt', clock_timestamp())
        else '[]' end) with ordinality as p(page, number)
      where (page ->> 'id')::uuid is distinct from a.confirm
      order by number desc limit ${maxDisplacedPages}
    ) d on true
    group by a.store_id, a.entity
  ), logged as (
    insert into hq.sync_log (store_id, entity, direction, batch_id, succeeded, records, accepted, bytes, duration_ms)
    select store_id, entity, 'pull', page_id::text, true, page_records, page_records, page_bytes,
      (extract(epoch from clock_timestamp() - page_sent_at) * 1000)::integer
    from confirmed
  ), counted as (
    insert into hq.store_entity as e (store_id, entity, direction, last_success_at, records_total)
    select store_id, entity, 'pull', clock_timestamp(), page_records from confirmed order by 1, 2
    on conflict (store_id, entity, direction) do update set last_success_at = excluded.last_success_at,
      records_total = e.records_total + excluded.records_total, changed_at = clock_timestamp()
  ), ending as materialized (
    select x.episode_id from hq.error_episode x join confirmed c using (store_id)
    where x.resolved_at is null and (x.entity = '' or (x.entity = c.entity and x.direction = 'pull'))
    order by x.episode_id for update of x
  ), resolved as (
    update hq.error_episode x set resolved_at = clock_timestamp() from ending where x.episode_id = ending.episode_id
  ), scanned as materialized (
    select a.store_id, a.entity, a.from_start,
      case when a.from_start then 0 else b.scanned_records + coalesce(c.page_records, 0) end as records,
      a.scan_ended or (not a.from_start and c.page_id is not null and c.page_scan_end is null) as ended
    from asked a
    left join before b using (store_id, entity)
    left join confirmed c using (store_id, entity)
    where a.from_start or b.scan_end is not null
  ), progress as (
    update hq.resync_entity r set
      begun = true,
      records_confirmed = case when s.ended then r.records_total
        else greatest(r.records_confirmed, least(s.records, r.records_total)) end,
      done = s.ended,
      progressed_at = clock_timestamp()
    from scanned s join hq.resync_job j on j.store_id = s.store_id and j.state = 'running'
    where r.job_id = j.job_id and r.entity = s.entity and (s.from_start or r.begun) and not r.done
    returning r.job_id, r.entity, r.done
  ), finished as (
    update hq.resync_job j set state = 'done', ended_at = clock_timestamp()
    where j.state = 'running' and j.job_id in (select job_id from progress where done) and not exists (
      select from hq.resync_entity o where o.job_id = j.job_id and not o.done
        and not exists (select from progress p where p.job_id = o.job_id and p.entity = o.entity and p.done))
  ), sent as (
    insert into hq.store_pull (store_id, entity, confirmed_position, scan_end, scan_started_at, scanned_records,
      page_id, page_position, page_scan_end, page_records, page_bytes, page_sent_at, page_failed, asked_at, displaced_pages)
    select a.store_id, a.entity,
      case when a.from_start then 0 else coalesce(c.page_position, b.confirmed_position, 0) end,
      case when a.scan_ended then null when a.from_start then a.scan_end
        when c.page_id is not null then c.page_scan_end else b.scan_end end,
      case when a.scan_ended then null when a.from_start then clock_timestamp()
        when c.page_id is not null and c.page_scan_end is null then null else b.scan_started_at end,
      case when a.from_start then 0 else coalesce(s.records, b.scanned_records, 0) end,
      a.page_id, a.page_position, a.page_scan_end, a.page_records, a.page_bytes,
      -- A page that takes the place of one still unconfirmed has no time of its own.
      case when a.page_id is null then null
        when b.page_id is not null and c.page_id is null and not a.from_start and not b.page_failed then b.page_sent_at
        else clock_timestamp() end,
      false, a.asked_at, d.pages
    from asked a
    join displaced d using (store_id, entity)
    left join before b using (store_id, entity)
    left join confirmed c using (store_id, entity)
    left join scanned s using (store_id, entity)
    where a.in_order
    order by 1, 2
    on conflict (store_id, entity) do update set confirmed_position = excluded.confirmed_position,
      scan_end = excluded.scan_end, scan_started_at = excluded.scan_started_at, scanned_records = excluded.scanned_records,
      page_id = excluded.page_id, page_position = excluded.page_position, page_scan_end = excluded.page_scan_end,
      page_records = excluded.page_records, page_bytes = excluded.page_bytes,
      page_sent_at = excluded.page_sent_at, page_failed = false, asked_at = excluded.asked_at,
      displaced_pages = excluded.displaced_pages
  ), out_of_order as (
    update hq.store_pull p set displaced_pages = d.pages,
      -- Only where the database's clock was set back; a page that was counted is not there to be counted again.
      page_id = case when p.page_id = c.page_id then null else p.page_id end
    from displaced d left join confirmed c using (store_id, entity)
    where p.store_id = d.store_id and p.entity = d.entity
      and not exists (select from asked a where a.store_id = d.store_id and a.entity = d.entity and a.in_order)
  )
  select number, (select nonce from hq.publication p where p.entity = a.entity and p.head >= a.anchor order by p.head limit 1) as nonce
  from arrived a`;
