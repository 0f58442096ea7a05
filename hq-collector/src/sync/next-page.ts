import type { Pool } from '../db/database.js';
import { CodedError } from '../http/coded-error.js';
import { anchorOf, type CatchUp, type Cursor } from './cursor.js';
import type { PageCache, SharedPage } from './page-cache.js';
import type { PageRange } from './pull-page.js';
import { catchUpOf, type PullState } from './pull-state.js';

/** A store's next page and where it stands once it has applied it. */
export interface NextPage {
  readonly shared: SharedPage;
  /** What the page was read from. */
  readonly range: PageRange;
  /** Of the cursor that was asked with; from the start, of the reading that begins. */
  readonly scanEnd: number | null;
  readonly next: Omit<Cursor, 'nonce'>;
  readonly more: boolean;
}

type KnownState = NonNullable<PullState>;

/**
 * Holds a cursor to HQ's history.
 * @returns the cursor to read from; for null, one at the start.
 * @throws CodedError `cursor_unknown`, `cursor_expired`.
 */
export function startingCursor(
  asked: Cursor | null,
  { head, forgotten, nonce, headNonce }: KnownState,
): Cursor {
  // With nothing published yet there is nothing to scan.
  if (!asked) return { position: 0, scanEnd: head > 0 ? head : null, nonce: headNonce ?? 0, catchUp: null };
  const furthest = Math.max(asked.position, anchorOf(asked), asked.catchUp?.end ?? 0);
  if (furthest > head || (nonce ?? 0) !== asked.nonce) throw new CodedError('cursor_unknown');
  if (anchorOf(asked) < forgotten) throw new CodedError('cursor_expired');
  return asked;
}

/**
 * The next page after the cursor, up to the head that the state was read with: what is published meanwhile has a higher
 * position and comes with a later page.
 * @throws CodedError `cursor_expired`.
 */
export async function findNextPage(
  pool: Pool,
  pages: PageCache,
  entity: string,
  cursor: Cursor,
  state: KnownState,
  maxRecords: number,
): Promise<NextPage> {
  const { position, scanEnd } = cursor;
  const catchUp = catchUpOf(cursor, state.lastSetChange);
  let at = catchUp?.at ?? position;
  for (;;) {
    const range = rangeFrom(entity, cursor, catchUp, at, state, maxRecords);
    const shared = await pages.page(range);
    const { page } = shared;
    if (anchorOf(cursor) < page.forgotten) throw new CodedError('cursor_expired');
    at = page.end;
    // What a scan leaves out may fill whole pages: the store is not sent those.
    if (page.records === 0 && page.left) continue;
    if (page.left)
      return { shared, range, scanEnd, next: { ...whereAt(at, position, catchUp), scanEnd }, more: true };
    if (scanEnd === null && !catchUp)
      return { shared, range, scanEnd, next: { position: state.head, scanEnd, catchUp }, more: false };
    // A record that changed while the store read has moved on: in a set that the store has left, nothing else tells it.
    const { ended, more } = await readSettled(pool, entity, state.head);
    if (!ended)
      return { shared, range, scanEnd, next: { ...whereAt(state.head, position, catchUp), scanEnd }, more };
    return { shared, range, scanEnd, next: { position: state.head, scanEnd: null, catchUp: null }, more };
  }
}

function whereAt(
  at: number,
  position: number,
  catchUp: CatchUp | null,
): Pick<Cursor, 'position' | 'catchUp'> {
  return catchUp ? { position, catchUp: { ...catchUp, at } } : { position: at, catchUp: null };
}

function rangeFrom(
  entity: string,
  { position, scanEnd }: Pick<Cursor, 'position' | 'scanEnd'>,
  catchUp: CatchUp | null,
  at: number,
  { head, storeSets, changedSets }: KnownState,
  maxRecords: number,
): PageRange {
  const sets = storeSets.map((storeSet) => ({ storeSet, after: Math.max(at, position) }));
  const again = catchUp ? changedSets.map((storeSet) => ({ storeSet, after: at })) : [];
  const changed = new Set(catchUp ? changedSets : []);
  return {
    entity,
    sets: [...sets.filter(({ storeSet }) => !changed.has(storeSet)), ...again],
    memberSets: storeSets,
    upTo: head,
    deletesAfter: scanEnd ?? 0,
    maxRecords,
  };
}

/**
 * Whether a scan that has come to the head may end. A record that is changing has left its old position, so that a page
 * of the scan may lack it; it is asked for after the page was read.
 */
async function readSettled(
  pool: Pool,
  entity: string,
  upTo: number,
): Promise<{ ended: boolean; more: boolean }> {
  const { rows } = await pool.query<{ head: number; changing: boolean }>({
    name: 'pull-settled',
    text: `select
        coalesce((select head from hq.entity_head where entity = $1), 0) as head,
        exists (select from hq.hq_record where entity = $1 and position is null) as changing`,
    values: [entity],
  });
  const { head, changing } = rows[0]!;
  const more = head > upTo;
  return { ended: !more && !changing, more };
}
