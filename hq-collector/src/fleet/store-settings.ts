import type { StoreSettings } from '@hq-sync/protocol/hq-message';
import type { Queryable } from '../db/database.js';

/** Columns of hq.store under the names of the wire. */
export const storeSettingsColumns = `
  store_id as "storeId", name, timezone, currency, to_char(day_cutover, 'HH24:MI') as "dayCutover"`;

export async function readStoreSettings(db: Queryable, storeId: string): Promise<StoreSettings | undefined> {
  const { rows } = await db.query<StoreSettings>(
    `select ${storeSettingsColumns} from hq.store where store_id = $1`,
    [storeId],
  );
  return rows[0];
}
