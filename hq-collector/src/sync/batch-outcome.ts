import type { Activity } from '@hq-sync/protocol/activity';
import type { Transaction } from '../db/database.js';
import { countFailures } from './error-episodes.js';
import type { Merge } from './merge-batch.js';
import type { RefusedRecord } from './read-record.js';
import type { Batch } from './store-batch.js';

/** What a batch leaves beside its records: the totals, the log row, the counters, its episodes, its errors. */
export interface BatchOutcome {
  readonly merge: Merge;
  readonly refused: readonly RefusedRecord[];
  /** Of the refused, how many were not in quarantine before. */
  readonly newlyHeld: number;
  readonly durationMs: number;
}

/** @returns the receipt: how many pushes of this entity HQ has committed for this store, this one included. */
export async function writeOutcome(tx: Transaction, batch: Batch, outcome: BatchOutcome): Promise<number> {
  const { merge, refused } = outcome;
  const { rows } = await tx.query<{ receipts: number }>({
    name: 'batch-outcome',
    text: addTotalsAndSuccess,
    values: [
      batch.storeId,
      batch.entity,
      batch.batchId,
      batch.lines.length,
      merge.counts.accepted,
      merge.counts.duplicate,
      merge.counts.replaced,
      refused.length,
      batch.bytes,
      Math.round(outcome.durationMs),
      batch.schemaVersion,
      JSON.stringify([...merge.totals].map(totalRow)),
    ],
  });
  if (outcome.newlyHeld > 0)
    await tx.query(writeRefusals, [
      batch.storeId,
      batch.entity,
      batch.batchId,
      JSON.stringify(refused.map(refusalRow)),
    ]);
  return rows[0]!.receipts;
}

const totalRow = ([key, activity]: [string, Activity]) => ({
  business_date: key.slice(0, 10),
  currency: key.slice(11),
  ...activity,
});

// A success resolves the open episodes of its (store, entity, push) and those of no entity; "record rejected" stays
// while a quarantined record of the entity does.
// The totals are added in order, so that two pushes never wait for each other's rows in turn.
const addTotalsAndSuccess = `
  with totals as (
    insert into hq.activity as a (store_id, business_date, currency, sales_count, gross_minor, tax_minor, discount_minor,
      void_count, void_minor, return_count, return_minor)
    select $1, business_date, currency, "salesCount", "grossMinor", "taxMinor", "discountMinor", "voidCount", "voidMinor",
      "returnCount", "returnMinor"
    from jsonb_to_recordset($12::jsonb) as i(business_date date, currency text, "salesCount" bigint, "grossMinor" bigint,
      "taxMinor" bigint, "discountMinor" bigint, "voidCount" bigint, "voidMinor" bigint, "returnCount" bigint, "returnMinor" bigint)
    order by business_date, currency
    on conflict (store_id, business_date, currency) do update set
      sales_count = a.sales_count + excluded.sales_count,
      gross_minor = a.gross_minor + excluded.gross_minor,
      tax_minor = a.tax_minor + excluded.tax_minor,
      discount_minor = a.discount_minor + excluded.discount_minor,
      void_count = a.void_count + excluded.void_count,
      void_minor = a.void_minor + excluded.void_minor,
      return_count = a.return_count + excluded.return_count,
      return_minor = a.return_minor + excluded.return_minor
  ), logged as (
    insert into hq.sync_log (store_id, entity, direction, batch_id, succeeded, records, accepted, duplicate, replaced,
      quarantined, bytes, duration_ms, schema_version)
    values ($1, $2, 'push', $3, true, $4, $5, $6, $7, $8, $9, $10, $11)
  ), resolved as (
    update hq.error_episode set resolved_at = clock_timestamp()
    where store_id = $1 and resolved_at is null
      and (entity = '' or (entity = $2 and direction = 'push' and (kind <> 'record_rejected' or not exists (
        select from hq.quarantined_record q where q.store_id = $1 and q.entity = $2 and q.state = 'held'))))
  )
  insert into hq.store_entity as e (store_id, entity, direction, last_success_at, records_total, receipts)
  values ($1, $2, 'push', clock_timestamp(), $5::bigint + $7::bigint, 1)
  on conflict (store_id, entity, direction) do update set
    last_success_at = excluded.last_success_at, records_total = e.records_total + excluded.records_total,
    receipts = e.receipts + 1, changed_at = clock_timestamp()
  returning receipts`;

function refusalRow(one: RefusedRecord) {
  return {
    code: one.code,
    message: `${one.id === null ? `line ${one.line}` : `record ${one.id}`}: ${one.message}`,
  };
}

// One failed operation, one error row for each record.
const writeRefusals = `
  with rows as (
    select * from jsonb_to_recordset($4::jsonb) as i(code text, message text)
  ), failed as (
    select $1::text as store_id, $2::text as entity, 'push' as direction, 'record_rejected' as kind, code, message,
      clock_timestamp() as at, 1 as times
    from rows limit 1
  ), ${countFailures}
  insert into hq.sync_error (store_id, entity, direction, kind, code, message, source, batch_id)
  select $1, $2, 'push', 'record_rejected', code, message, 'http', $3 from rows`;
