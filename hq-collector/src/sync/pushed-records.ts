import { finished } from 'node:stream/promises';
import { from as copyFrom } from 'pg-copy-streams';
import type { Transaction } from '../db/database.js';
import { revisionKey, type Held, type HeldRecord, type Merge, type Newest } from './merge-batch.js';
import type { SendingStore } from './sender.js';
import type { IncomingRecord } from './read-record.js';

/** Whose records, and in which version of the schema they came. */
export interface RecordsOrigin {
  readonly storeId: string;
  readonly entity: string;
  readonly schemaVersion: number;
}

interface HeldRow {
  /** In the first row alone: the business dates of the batch's instants, in their order, with commas. */
  own_dates: string | null;
  record_id: string;
  revision: number;
  business_date: string | null;
  kind: 'sale' | 'return' | null;
  status: 'completed' | 'voided';
  currency: string;
  gross_minor: number;
  discount_minor: number;
  tax_minor: number;
}

/**
 * What HQ holds of these records, and on which business date each counts (by line) if it is new to HQ.
 * The caller holds the store's push lock.
 */
export async function readHeld(
  tx: Transaction,
  { entity }: RecordsOrigin,
  incoming: readonly IncomingRecord[],
  store: SendingStore,
): Promise<{ held: Held; ownDates: Map<number, string | null> }> {
  const records = new Map<string, HeldRecord>();
  const revisions = new Map<string, string>();
  const ownDates = new Map<number, string | null>();
  const held: Held = { records, revisions };
  if (incoming.length === 0) return { held, ownDates };

  const dated = incoming.filter((record) => record.occurredAt !== null);
  const { rows } = await tx.query<HeldRow>({
    name: 'held-records',
    text: heldRecords,
    values: [
      store.storeId,
      entity,
      incoming.map((record) => record.id),
      dated.map((record) => record.occurredAt),
      store.timezone,
      store.dayCutover,
    ],
  });
  const dates = rows[0]!.own_dates?.split(',') ?? [];
  for (const [index, { line }] of dated.entries()) ownDates.set(line, dates[index]!);
  for (const row of rows.slice(1)) {
    records.set(row.record_id, {
      revision: row.revision,
      businessDate: row.business_date,
      counted: row.kind && {
        kind: row.kind,
        status: row.status,
        currency: row.currency,
        grossMinor: row.gross_minor,
        discountMinor: row.discount_minor,
        taxMinor: row.tax_minor,
      },
    });
  }

  const known = incoming.filter((record) => records.has(record.id));
  if (known.length > 0) {
    const same = await tx.query<{ record_id: string; revision: number; data: string }>(heldRevisions, [
      store.storeId,
      entity,
      known.map((record) => record.id),
      known.map((record) => record.revision),
    ]);
    for (const row of same.rows) revisions.set(revisionKey(row.record_id, row.revision), row.data);
  }
  return { held, ownDates };
}

// The dates come as one text: a row for each record of the batch, nearly all of them new, was a tenth of HQ's work.
// `any` walks the index once; a join with the ids, before the table's first analyze, read all that the store ever pushed.
const heldRecords = `
  select string_agg(hq.business_date(i.occurred_at, $5, $6::time)::text, ',' order by i.number) as own_dates,
    null as record_id, null::integer as revision, null::date as business_date, null as kind, null as status, null as currency,
    null::bigint as gross_minor, null::bigint as discount_minor, null::bigint as tax_minor
  from unnest($4::timestamptz[]) with ordinality as i(occurred_at, number)
  union all
  select null, record_id, revision, business_date, kind, status, currency, gross_minor, discount_minor, tax_minor
  from hq.pushed_record where store_id = $1 and entity = $2 and record_id = any($3::text[])`;

const heldRevisions = `
  with i as (select * from unnest($3::text[], $4::integer[]) as i(record_id, revision))
  select i.record_id, i.revision, p.data::text from i cross join lateral (
    select data from hq.pushed_record p
    where p.store_id = $1 and p.entity = $2 and p.record_id = i.record_id and p.revision = i.revision limit 1) p
  union all
  select i.record_id, i.revision, r.data::text from i cross join lateral (
    select data from hq.pushed_revision r
    where r.store_id = $1 and r.entity = $2 and r.record_id = i.record_id and r.revision = i.revision limit 1) r`;

/** Writes what the merge decided. The caller holds the store's push lock. */
export async function writeRecords(tx: Transaction, origin: RecordsOrigin, merge: Merge): Promise<void> {
  if (merge.replacements.length > 0) {
    const rows = JSON.stringify(merge.replacements.map(replacementRow));
    await tx.query(keepReplaced, [
      origin.storeId,
      origin.entity,
      merge.replacements.map(({ record }) => record.id),
    ]);
    await tx.query(replaceRecords, [origin.storeId, origin.entity, origin.schemaVersion, rows]);
  }
  if (merge.inserts.length > 0) await copyRecords(tx, origin, merge.inserts);
  if (merge.history.length > 0) {
    const rows = merge.history.map((record) => ({
      record_id: record.id,
      revision: record.revision,
      data: JSON.parse(record.json) as unknown,
    }));
    await tx.query(keepHistory, [origin.storeId, origin.entity, origin.schemaVersion, JSON.stringify(rows)]);
  }
}

/** New records go in by COPY: the store's lock and the look-up under it make a collision of keys impossible. */
async function copyRecords(
  tx: Transaction,
  origin: RecordsOrigin,
  inserts: readonly Newest[],
): Promise<void> {
  const prefix = `${copyText(origin.storeId)}\t${copyText(origin.entity)}\t`;
  let rows = '';
  for (const { record, businessDate } of inserts) {
    const sale = record.counted;
    rows +=
      prefix +
      `${copyText(record.id)}\t${record.revision}\t${businessDate ?? '\\N'}\t${record.occurredAt ?? '\\N'}\t` +
      (sale
        ? `${sale.kind}\t${sale.status}\t${sale.currency}\t${sale.grossMinor}\t${sale.discountMinor}\t${sale.taxMinor}`
        : '\\N\t\\N\t\\N\t\\N\t\\N\t\\N') +
      `\t${origin.schemaVersion}\t${copyText(record.json)}\n`;
  }
  const stream = tx.query(copyFrom(copyStatement));
  stream.end(rows);
  await finished(stream);
}

const copyStatement = `copy hq.pushed_record (store_id, entity, record_id, revision, business_date, occurred_at, kind, status,
  currency, gross_minor, discount_minor, tax_minor, schema_version, data) from stdin`;

/** Neither ids nor `IncomingRecord.json` hold control characters, so the backslash is all that COPY needs escaped. */
function copyText(value: string): string {
  return value.includes('\\') ? value.replaceAll('\\', '\\\\') : value;
}

function replacementRow({ record }: Newest) {
  const sale = record.counted;
  return {
    record_id: record.id,
    revision: record.revision,
    occurred_at: record.occurredAt,
    kind: sale?.kind ?? null,
    status: sale?.status ?? null,
    currency: sale?.currency ?? null,
    gross_minor: sale?.grossMinor ?? null,
    discount_minor: sale?.discountMinor ?? null,
    tax_minor: sale?.taxMinor ?? null,
    data: JSON.parse(record.json) as unknown,
  };
}

const keepReplaced = `
  insert into hq.pushed_revision (store_id, entity, record_id, revision, schema_version, received_at, data)
  select store_id, entity, record_id, revision, schema_version, received_at, data
  from hq.pushed_record where store_id = $1 and entity = $2 and record_id = any($3::text[])`;

const replaceRecords = `
  update hq.pushed_record p set
    revision = i.revision, occurred_at = i.occurred_at, kind = i.kind, status = i.status, currency = i.currency,
    gross_minor = i.gross_minor, discount_minor = i.discount_minor, tax_minor = i.tax_minor, schema_version = $3,
    received_at = clock_timestamp(), data = i.data
  from jsonb_to_recordset($4::jsonb) as i(record_id text, revision integer, occurred_at timestamptz, kind text, status text,
    currency text, gross_minor bigint, discount_minor bigint, tax_minor bigint, data jsonb)
  where p.store_id = $1 and p.entity = $2 and p.record_id = i.record_id`;

const keepHistory = `
  insert into hq.pushed_revision (store_id, entity, record_id, revision, schema_version, received_at, data)
  select $1, $2, i.record_id, i.revision, $3, clock_timestamp(), i.data
  from jsonb_to_recordset($4::jsonb) as i(record_id text, revision integer, data jsonb)`;
