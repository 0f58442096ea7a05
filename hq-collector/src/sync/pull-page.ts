import { limits } from '@hq-sync/protocol/limits';
import { CodedError } from '../http/coded-error.js';
import type { Queryable } from '../db/database.js';
import { anchorOf, parseCursor, type Cursor } from './cursor.js';

/** A page as it goes over the wire, and where it ends. */
export interface PullPage {
  /** NDJSON without its last line; empty when there is nothing. */
  readonly body: string;
  readonly records: number;
  readonly bytes: number;
  /** The store has everything up to here once it has confirmed the page. */
  readonly position: number;
  /** Set while the store reads from the start and this page does not end it. */
  readonly scanEnd: number | null;
  readonly more: boolean;
}

/** What HQ holds of an entity and of a store's way through it, before a page. */
export interface PullState {
  readonly head: number;
  /** Sets that the store is in, `all` among them. */
  readonly storeSets: readonly string[];
}

/**
 * Reads where the store stands, and holds its cursor to HQ's history.
 * @throws CodedError `pull_invalid`, `cursor_unknown`, `cursor_expired`.
 */
export async function readPullState(
  db: Queryable,
  storeId: string,
  entity: string,
  text: string | null,
): Promise<{ state: PullState; cursor: Cursor }> {
  const asked = text === null ? undefined : parseCursor(text);
  if (text !== null && !asked)
    throw new CodedError('pull_invalid', { errors: [{ path: 'cursor', message: 'is not one of HQ' }] });
  const anchor = asked ? anchorOf(asked) : 0;
  const { rows } = await db.query<{
    head: number;
    forgotten: number;
    nonce: number | null;
    headNonce: number | null;
    storeSets: string[];
  }>({ name: 'pull-state', text: pullState, values: [storeId, entity, anchor] });
  const { head, forgotten, nonce, headNonce, storeSets } = rows[0]!;
  const state = { head, storeSets };
  // With nothing published yet there is nothing to scan.
  if (!asked)
    return { state, cursor: { position: 0, scanEnd: head > 0 ? head : null, nonce: headNonce ?? 0 } };
  if (asked.position > head || anchor > head || (nonce ?? 0) !== asked.nonce)
    throw new CodedError('cursor_unknown');
  if (anchor < forgotten) throw new CodedError('cursor_expired');
  return { state, cursor: asked };
}

const pullState = `
  select coalesce(h.head, 0) as head, coalesce(h.forgotten, 0) as forgotten,
    (select nonce from hq.publication p where p.entity = $2 and p.head >= $3 and $3 > 0 order by p.head limit 1) as nonce,
    (select nonce from hq.publication p where p.entity = $2 order by p.head desc limit 1) as "headNonce",
    array(select store_set from hq.store_set_member where store_id = $1 union all select 'all') as "storeSets"
  from (select) one left join hq.entity_head h on h.entity = $2`;

interface PageRow {
  /** Complete lines. */
  readonly body: string;
  readonly records: number;
  readonly bytes: number;
  /** More is due than fits the page. */
  readonly left: boolean;
  /** Of the last line; null for an empty page. */
  readonly position: number | null;
  /** Head when the page was read, maybe a later one than the cursor's. */
  readonly headNow: number;
  /** Something is committed and waits to be published: it has left its old position and has no new one yet. */
  readonly changing: boolean;
}

/**
 * Reads the next page after the cursor, up to the head that was read before: what is published meanwhile has a higher
 * position and comes with a later page. Each record comes in its present state.
 */
export async function readPage(
  db: Queryable,
  storeId: string,
  entity: string,
  { head, storeSets }: PullState,
  { position, scanEnd }: Cursor,
  maxRecords: number,
): Promise<PullPage> {
  const { rows } = await db.query<PageRow>({
    name: 'pull-page',
    text: nextPage,
    values: [entity, storeSets, storeId, position, head, scanEnd ?? 0, maxRecords, limits.maxPageBytes],
  });
  const page = rows[0]!;
  // A record that changed after the head was read has left its old position: the scan that ended here would miss it.
  const more = page.left || page.headNow > head;
  const scanEnds = !more && !page.changing;
  return { ...page, position: page.left ? page.position! : head, scanEnd: scanEnds ? null : scanEnd, more };
}

/** What a line holds beside `data`: the longest id with every character escaped, and the names. */
const lineOverheadBytes = 900;

// Deletes up to the end of a scan are left out: what a scan does not bring, the store drops by itself. One walk along
// the index for each set of the store, each no longer than the page. The page is cut by the sizes that the records were
// written with, before any text is made; the lines are put together here, not from rows by the collector, which takes twice
// as long. One statement, so that the page, its end and what is changing are of one moment.
const nextPage = `
  with due as (
    select r.record_id, r.position, case when not r.deleted then r.data end as data, r.bytes
    from unnest($2::text[]) as s(store_set) cross join lateral (
      select record_id, position, deleted, data, bytes from hq.hq_record r
      where r.entity = $1 and r.store_set = s.store_set and r.position > $4 and r.position <= $5
        and (not r.deleted or r.position > $6)
      order by r.position limit $7 + 1) r
    union all
    select p.record_id, p.position, case when r.store_set = any($2) and not r.deleted then r.data end, coalesce(r.bytes, 0)
    from (
      select p.* from unnest($2::text[]) as s(store_set) cross join lateral (
        select record_id, position from hq.hq_pointer p
        where p.entity = $1 and p.store_set = s.store_set and p.position > greatest($4::bigint, $6::bigint) and p.position <= $5
        order by p.position limit $7 + 1) p
      union all
      (select record_id, position from hq.hq_pointer p
        where p.entity = $1 and p.store_id = $3 and p.position > greatest($4::bigint, $6::bigint) and p.position <= $5
        order by p.position limit $7 + 1)
    ) p
    left join hq.hq_record r on r.entity = $1 and r.record_id = p.record_id
  ), measured as (
    select *, row_number() over w as number, sum(bytes + least(${lineOverheadBytes}, 40 + octet_length(record_id) * 6)) over w as bound
    from due window w as (order by position rows unbounded preceding)
  ), lines as (
    select position, '{"id":' || to_json(record_id)::text || coalesce(',"data":' || data::text, ',"deleted":true') || E'}\\n' as line
    from measured where number <= $7 and (number = 1 or bound <= $8)
  ), page as (
    select coalesce(string_agg(line, '' order by position), '') as body, count(*) as records, max(position) as position,
      coalesce(sum(octet_length(line)), 0) as bytes
    from lines
  )
  select page.*, page.records < (select count(*) from measured) as "left",
    coalesce((select head from hq.entity_head where entity = $1), 0) as "headNow",
    exists (select from hq.hq_record where entity = $1 and position is null) as changing
  from page`;
