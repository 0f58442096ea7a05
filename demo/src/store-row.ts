import type pg from 'pg';

export type Status = 'connected' | 'disconnected' | 'unknown' | 'never_connected' | 'no_server';

/** A store as the table shows it. Counts and amounts are of one business date; money in minor units. */
export interface StoreRow {
  readonly storeId: string;
  readonly name: string;
  readonly timezone: string;
  readonly currency: string;
  readonly status: Status;
  readonly reason: string | null;
  readonly statusSince: Date | null;
  readonly expectedOnline: boolean;
  readonly synced: boolean;
  readonly lastSyncAt: Date | null;
  /** Failures in open episodes, and how many of the records rest in quarantine or at the store. */
  readonly errorsOpen: number;
  readonly quarantined: number;
  readonly withheld: number;
  readonly pending: number | null;
  readonly schemaVersion: number | null;
  readonly schemaCompatible: boolean | null;
  readonly openRegisters: number | null;
  readonly salesCount: bigint;
  readonly grossMinor: bigint;
  readonly taxMinor: bigint;
  readonly discountMinor: bigint;
  readonly voidCount: bigint;
  readonly voidMinor: bigint;
}

export interface Snapshot {
  readonly rows: readonly StoreRow[];
  /** By HQ's database. */
  readonly dataAsOf: Date;
  /** Null: each store's own today. */
  readonly businessDate: string | null;
}

const columns = `
  s.store_id as "storeId", s.name, s.timezone, s.currency, s.status, s.reason, s.status_since as "statusSince",
  s.expected_online as "expectedOnline", s.synced, s.last_sync_at as "lastSyncAt",
  s.errors_open::integer as "errorsOpen", s.quarantined_records::integer as quarantined,
  coalesce(s.withheld_records, 0)::integer as withheld, s.pending_records::integer as pending,
  s.schema_version as "schemaVersion", s.schema_compatible as "schemaCompatible", s.open_registers as "openRegisters"`;

const today = `
  select ${columns}, s.sales_count, s.gross_minor, s.tax_minor, s.discount_minor, s.void_count, s.void_minor
  from hq_view.stores s`;

const onDate = `
  select ${columns},
    coalesce(a.sales_count, 0) as sales_count, coalesce(a.gross_minor, 0) as gross_minor, coalesce(a.tax_minor, 0) as tax_minor,
    coalesce(a.discount_minor, 0) as discount_minor, coalesce(a.void_count, 0) as void_count, coalesce(a.void_minor, 0) as void_minor
  from hq_view.stores s
  left join hq_view.activity a on a.store_id = s.store_id and a.currency = s.currency and a.business_date = $1`;

const latestDate = `select max(business_date)::text as date from hq_view.activity where sales_count > 0 or void_count > 0`;

/** Reads the stores with today's figures, or those of the latest date that has any. @throws the database's error. */
export async function readSnapshot(pool: pg.Pool, latest: boolean): Promise<Snapshot> {
  const businessDate = latest
    ? ((await pool.query<{ date: string | null }>(latestDate)).rows[0]?.date ?? null)
    : null;
  const { rows } = businessDate === null ? await pool.query(today) : await pool.query(onDate, [businessDate]);
  const { rows: clock } = await pool.query<{ at: Date }>('select data_as_of as at from hq_view.headquarters');
  return { rows: rows.map(storeRow), dataAsOf: clock[0]?.at ?? new Date(), businessDate };
}

function storeRow(row: Record<string, unknown>): StoreRow {
  const big = (name: string): bigint => BigInt(row[name] as string);
  return {
    ...(row as unknown as StoreRow),
    salesCount: big('sales_count'),
    grossMinor: big('gross_minor'),
    taxMinor: big('tax_minor'),
    discountMinor: big('discount_minor'),
    voidCount: big('void_count'),
    voidMinor: big('void_minor'),
  };
}
