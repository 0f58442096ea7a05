import { createHash } from 'node:crypto';
import { canonicalJson } from '@hq-sync/store-agent/canonical-json';
import type pg from 'pg';

/** What HQ holds of an entity for this store, by the database, in the order of the ids. */
export async function publishedRecords(
  pool: pg.Pool,
  entity: string,
  storeId: string,
): Promise<{ id: string; data: unknown }[]> {
  const { rows } = await pool.query<{ id: string; data: unknown }>(
    `select record_id as id, data from hq.hq_record
     where entity = $1 and not deleted and (store_set = 'all' or store_set in (
       select store_set from hq.store_set_member where store_id = $2)) order by record_id collate "C"`,
    [entity, storeId],
  );
  return rows;
}

/** The same as `StoreAgent.copyHash` of a store that has all of it. */
export async function publishedHash(pool: pg.Pool, entity: string, storeId: string): Promise<string> {
  const hash = createHash('sha256');
  for (const record of await publishedRecords(pool, entity, storeId))
    hash.update(`${canonicalJson(record)}\n`);
  return hash.digest('hex');
}
