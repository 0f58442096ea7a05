import type { Pool } from 'pg';
import { dayDifferences, heldDaysSql, type StoreDay } from '../day-figures.js';
import type { ThinStore } from './thin-store.js';

/** What HQ holds of a store against what the store had, in words; empty when all is exact. */
export async function compareTotals(pool: Pool, store: ThinStore): Promise<string[]> {
  const { storeId, sales, truth, progress } = store;
  const found: string[] = [];
  const { rows: held } = await pool.query<{ records: number; ids: number }>(
    `select count(*)::int as records, count(distinct record_id)::int as ids from hq_view.pushed_records
     where store_id = $1 and entity = 'sales'`,
    [storeId],
  );
  const { records, ids } = held[0]!;
  if (records !== sales || ids !== sales)
    found.push(`${storeId}: HQ holds ${records} records with ${ids} ids, the store had ${sales}`);
  const { accepted, duplicates } = progress!.counters;
  if (accepted + duplicates !== sales)
    found.push(`${storeId}: HQ acknowledged ${accepted + duplicates} records, the store had ${sales}`);

  const { rows: days } = await pool.query<StoreDay>(heldDaysSql);
  found.push(
    ...dayDifferences(
      days.filter((day) => day.storeId === storeId),
      [...truth].map(([businessDate, figures]) => ({ storeId, businessDate, currency: 'USD', ...figures })),
    ),
  );
  return found;
}
