import { id } from '@hq-sync/protocol/primitives';
import { z } from 'zod';
import type { Queryable } from '../db/database.js';
import { isSqlState } from '../db/sqlstate.js';
import { AdminError } from './admin-error.js';
import { audit } from './audit.js';
import { endpoint } from './endpoint.js';

/** `all` is every store and no set that can be changed. */
export const storeSetName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9_-]{0,62}$/, { error: 'must be a lower-case name' })
  .refine((name) => name !== 'all', { error: '`all` is every store; leave the set out' });

const params = z.object({ set: storeSetName });
const storeSet = z.object({ set: z.string(), storeIds: z.array(id) });
const maxMembers = 100_000;
/** So many ids of 40 characters. */
const maxSetBytes = 4 * 1024 * 1024;

export const listStoreSets = endpoint({
  method: 'get',
  path: '/sets',
  role: 'viewer',
  summary: 'The named sets of stores that HQ records can be for.',
  status: 200,
  answer: z.object({ items: z.array(storeSet) }),
  async handle({ pool }) {
    const { rows } = await pool.query<{ set: string; storeIds: string[] }>(
      `select s.store_set as set, coalesce(array_agg(m.store_id order by m.store_id) filter (where m.store_id is not null), '{}') as "storeIds"
       from hq.store_set s left join hq.store_set_member m using (store_set)
       where s.store_set <> 'all' group by 1 order by 1`,
    );
    return { items: rows };
  },
});

export const getStoreSet = endpoint({
  method: 'get',
  path: '/sets/{set}',
  role: 'viewer',
  summary: 'One set with its stores.',
  params,
  status: 200,
  answer: storeSet,
  represent: representSet,
  async handle({ pool }, { params: { set } }) {
    const found = await readStoreSet(pool, set, false);
    if (!found) throw new AdminError('set_not_found');
    return found;
  },
});

export const putStoreSet = endpoint({
  method: 'put',
  path: '/sets/{set}',
  role: 'operator',
  summary:
    'Makes a set or changes its stores: those that join get its records, from those that leave they are deleted.',
  params,
  body: z.strictObject({ storeIds: z.array(id).max(maxMembers) }),
  maxBodyBytes: maxSetBytes,
  status: 200,
  answer: storeSet,
  represent: representSet,
  async handle({ publish }, { params: { set }, body, actor, change }) {
    const storeIds = [...new Set(body.storeIds)].sort();
    try {
      await change(async (tx) => {
        await tx.query('insert into hq.store_set (store_set) values ($1) on conflict do nothing', [set]);
        await tx.query('select from hq.store_set where store_set = $1 for update', [set]);
        await tx.query(
          'delete from hq.store_set_member where store_set = $1 and store_id <> all($2::text[])',
          [set, storeIds],
        );
        await tx.query(
          `insert into hq.store_set_member (store_set, store_id) select $1, unnest($2::text[]) on conflict do nothing`,
          [set, storeIds],
        );
        await audit(tx, actor, 'set.put', null, { set, storeIds });
        return { set };
      });
    } catch (error) {
      if (isSqlState(error) && error.code === '23503') throw new AdminError('store_not_found');
      throw error;
    }
    await publish();
    return { set, storeIds };
  },
});

type StoreSet = z.infer<typeof storeSet>;

/** A set that is none yet has a representation that no client can have seen. */
async function representSet(db: Queryable, { set }: { set: string }, lock: boolean): Promise<object> {
  return (await readStoreSet(db, set, lock)) ?? {};
}

async function readStoreSet(db: Queryable, set: string, lock: boolean): Promise<StoreSet | undefined> {
  const { rows } = await db.query<StoreSet>(
    `select s.store_set as set, array(
         select store_id from hq.store_set_member m where m.store_set = s.store_set order by 1) as "storeIds"
     from hq.store_set s where s.store_set = $1 ${lock ? 'for update' : ''}`,
    [set],
  );
  return rows[0];
}
