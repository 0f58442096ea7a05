import { hashSecret, newSecret } from '@hq-sync/hq-collector/fleet/store-token';
import type { Pool } from 'pg';
import type { CrowdConfig } from './crowd-host-main.js';

/**
 * Creates `name-1` to `name-count`, each with a token, as the admin API would, but at once: 10,000 stores are 20,000
 * commits there.
 */
export async function createStores(pool: Pool, name: string, count: number): Promise<CrowdConfig['stores']> {
  const stores = Array.from({ length: count }, (_, index) => ({
    storeId: `${name}-${index + 1}`,
    token: newSecret('hqs'),
  }));
  const storeIds = stores.map(({ storeId }) => storeId);
  await pool.query(insertStores, [storeIds]);
  await pool.query(insertTokens, [storeIds, stores.map(({ token }) => hashSecret(token))]);
  await pool.query(insertConnections, [storeIds]);
  await pool.query('analyze hq.store, hq.store_token, hq.store_connection'); // autovacuum would, within a minute
  return stores;
}

const insertStores = `
  insert into hq.store (store_id, name, timezone, currency)
  select store_id, 'Store ' || store_id, 'UTC', 'USD' from unnest($1::text[]) as n(store_id)`;

const insertTokens = `
  insert into hq.store_token (store_id, secret_hash, created_by)
  select store_id, secret_hash, 'crowd' from unnest($1::text[], $2::bytea[]) as n(store_id, secret_hash)`;

const insertConnections = `
  insert into hq.store_connection (store_id) select store_id from unnest($1::text[]) as n(store_id)`;
