import type { Direction } from '@hq-sync/protocol/entity';
import type { Pool } from '../db/database.js';
import { Batches } from '../db/batches.js';
import { tokenRejection, type TokenRejection } from '../fleet/store-token.js';
import { anchorOf, type CatchUp, type Cursor } from './cursor.js';

/** What a pull asks HQ's state for. */
export interface StateQuestion {
  readonly secretHash: Buffer;
  readonly entity: string;
  /** Null: from the start. */
  readonly cursor: Cursor | null;
}

/** Whose pull it is and what HQ holds of the entity for that store; undefined for a token that HQ does not know. */
export type PullState =
  | undefined
  | {
      readonly storeId: string;
      readonly rejection: TokenRejection | null;
      /** Null: HQ knows no such entity. */
      readonly direction: Direction | null;
      readonly head: number;
      /** Deletes up to here are no longer known. */
      readonly forgotten: number;
      /** Of the publication that covers the cursor's anchor, and of the newest one; null: there is none. */
      readonly nonce: number | null;
      readonly headNonce: number | null;
      /** Sets with records of the entity that the store is in, in the order of their names. */
      readonly storeSets: readonly string[];
      /** Sets that it has joined or left after its cursor, and where the last of these changes stands. */
      readonly changedSets: readonly string[];
      readonly lastSetChange: number | null;
    };

/** Most questions of one statement: it took 9 ms for so many. */
const maxQuestions = 64;

export const pullStates = (pool: Pool): Batches<StateQuestion, PullState> =>
  new Batches(async (questions) => {
    const { rows } = await pool.query<NonNullable<PullState> & { number: number }>({
      name: 'pull-states',
      text: readStates,
      values: [
        questions.map(({ secretHash }) => secretHash),
        questions.map(({ entity }) => entity),
        questions.map(({ cursor }) => cursor && anchorOf(cursor)),
        questions.map(({ cursor }) => cursor && Math.max(cursor.position, cursor.scanEnd ?? 0)),
      ],
    });
    const states: PullState[] = questions.map(() => undefined);
    for (const { number, ...state } of rows) states[number - 1] = state;
    return states;
  }, maxQuestions);

/** The catch-up that the next page belongs to: the one under way, or a new one for sets that have changed since. */
export function catchUpOf({ catchUp }: Cursor, lastSetChange: number | null): CatchUp | null {
  if (lastSetChange === null) return null;
  return catchUp?.end === lastSetChange ? catchUp : { end: lastSetChange, at: 0 };
}

const readStates = `
  select q.number::integer, t.store_id as "storeId", ${tokenRejection} as rejection, e.direction,
    coalesce(h.head, 0) as head, coalesce(h.forgotten, 0) as forgotten,
    (select nonce from hq.publication p where p.entity = q.entity and p.head >= q.anchor and q.anchor > 0 order by p.head limit 1) as nonce,
    (select nonce from hq.publication p where p.entity = q.entity order by p.head desc limit 1) as "headNonce",
    array(
      select store_set from (
        select store_set from hq.store_set_member where store_id = t.store_id union all select 'all'
      ) m where hq.set_has_records(q.entity, m.store_set) order by 1
    ) as "storeSets",
    array(select m.store_set from unnest(c.sets) as m(store_set) where hq.set_has_records(q.entity, m.store_set) order by 1) as "changedSets",
    c.last as "lastSetChange"
  from unnest($1::bytea[], $2::text[], $3::bigint[], $4::bigint[])
    with ordinality as q(secret_hash, entity, anchor, changes_after, number)
  join hq.store_token t using (secret_hash)
  join hq.store s using (store_id)
  left join hq.entity e on e.entity = q.entity
  left join hq.entity_head h on h.entity = q.entity
  left join lateral (
    select array_agg(distinct store_set) as sets, max(position) as last from hq.store_set_change c
    where c.store_id = t.store_id and c.entity = q.entity
      and c.position > q.changes_after and c.position <= h.head
  ) c on true`;
