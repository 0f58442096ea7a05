import type { Pool } from 'pg';
import type { DayFigures } from './backlog.js';
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

  const { rows: days } = await pool.query<Record<string, string | number>>(
    `select business_date::text as date, sales_count::float8 as "salesCount", gross_minor::float8 as "grossMinor",
       discount_minor::float8 as "discountMinor", tax_minor::float8 as "taxMinor"
     from hq_view.activity where store_id = $1`,
    [storeId],
  );
  if (days.length !== truth.size)
    found.push(`${storeId}: HQ has ${days.length} days, the store had ${truth.size}`);
  for (const { date, ...figures } of days) {
    const expected: Partial<DayFigures> = truth.get(String(date)) ?? {};
    for (const name of Object.keys(figures) as (keyof DayFigures)[])
      if (figures[name] !== expected[name])
        found.push(`${storeId}, ${date}: ${name} is ${figures[name]}, the truth is ${expected[name]}`);
  }
  return found;
}
