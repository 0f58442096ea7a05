import { createHash } from 'node:crypto';
import { finished } from 'node:stream/promises';
import type { Activity } from '@hq-sync/protocol/activity';
import { errors } from '@hq-sync/protocol/error-code';
import type { RecordResult } from '@hq-sync/protocol/push';
import { from as copyFrom } from 'pg-copy-streams';
import type { Transaction } from '../db/database.js';
import {
  mergeBatch,
  revisionKey,
  type Held,
  type HeldRecord,
  type Merge,
  type Newest,
} from './merge-batch.js';
import { countFailures } from './failure-recorder.js';
import { readRecord, type IncomingRecord, type RefusedRecord } from './read-record.js';

/** A batch as it came, its lines not yet read. */
export interface Batch {
  readonly storeId: string;
  readonly entity: string;
  readonly batchId: string;
  readonly schemaVersion: number;
  readonly bytes: number;
  readonly lines: readonly { readonly line: number; readonly content: Buffer }[];
  /** Set when the database has refused these lines: they go to quarantine unread. */
  readonly unstorable?: true;
}

/** A store holds as many quarantined records as HQ keeps of one store. */
export class QuarantineFullError extends Error {}

/** First key of the advisory locks that make the pushes of one store follow each other. */
const pushLockClass = 7_316;

/**
 * Stores one batch in the given transaction: records, history, totals, quarantine, log row, counters. Pushes of one
 * store follow each other, so that the same batch sent twice at once is stored once.
 * @returns each line's result, in the order of the lines.
 */
export async function storeBatch(
  tx: Transaction,
  batch: Batch,
  limits: { maxQuarantined: number },
  startedMs: number,
): Promise<RecordResult[]> {
  // A statement of its own: the next one must see what the push before it has committed.
  await tx.query('select pg_advisory_xact_lock($1, hashtext($2))', [pushLockClass, batch.storeId]);
  const store = await readStore(tx, batch.storeId);

  const incoming: IncomingRecord[] = [];
  const refused: RefusedRecord[] = [];
  for (const { line, content } of batch.lines) {
    if (batch.unstorable) {
      refused.push({
        line,
        id: null,
        revision: null,
        code: 'record_unstorable',
        message: errors.record_unstorable.title,
        content,
      });
      continue;
    }
    const read = readRecord(content, line, {
      entity: batch.entity,
      currency: store.currency,
      storeNowMs: store.nowMs + store.skewMs,
    });
    if (read.ok) incoming.push(read.record);
    else refused.push(read.refused);
  }

  const { held, ownDates } = await readHeld(tx, batch, incoming, store);
  const merge = mergeBatch(incoming, held, ownDates);
  refused.push(...merge.conflicts.map((record) => conflict(record, batch)));

  await writeRecords(tx, batch, merge);
  const newlyHeld = refused.length > 0 ? await quarantine(tx, batch, refused, limits.maxQuarantined) : 0;
  await writeOutcome(tx, batch, merge, refused, newlyHeld, startedMs);
  return [...merge.results, ...refused.map(refusedResult)].sort((left, right) => left.line - right.line);
}

interface StoreOfBatch {
  readonly currency: string;
  readonly timezone: string;
  readonly dayCutover: string;
  readonly skewMs: number;
  readonly nowMs: number;
}

async function readStore(tx: Transaction, storeId: string): Promise<StoreOfBatch> {
  const { rows } = await tx.query<StoreOfBatch>(
    `select s.currency, s.timezone, s.day_cutover::text as "dayCutover", coalesce(c.clock_skew_ms, 0) as "skewMs",
       extract(epoch from hq.hq_now())::float8 * 1000 as "nowMs"
     from hq.store s left join hq.store_connection c using (store_id)
     where s.store_id = $1`,
    [storeId],
  );
  if (!rows[0]) throw new Error(`store ${storeId} has gone`);
  return rows[0];
}

interface HeldRow {
  line: number;
  own_date: string | null;
  revision: number | null;
  business_date: string | null;
  kind: 'sale' | 'return' | null;
  status: 'completed' | 'voided';
  currency: string;
  gross_minor: number;
  discount_minor: number;
  tax_minor: number;
}

async function readHeld(
  tx: Transaction,
  batch: Batch,
  incoming: readonly IncomingRecord[],
  store: StoreOfBatch,
) {
  const records = new Map<string, HeldRecord>();
  const revisions = new Map<string, unknown>();
  const ownDates = new Map<number, string | null>();
  const held: Held = { records, revisions };
  if (incoming.length === 0) return { held, ownDates };

  const { rows } = await tx.query<HeldRow>(heldRecords, [
    batch.storeId,
    batch.entity,
    incoming.map((record) => record.line),
    incoming.map((record) => record.id),
    incoming.map((record) => record.occurredAt?.toISOString() ?? null),
    store.timezone,
    store.dayCutover,
  ]);
  const byLine = new Map(incoming.map((record) => [record.line, record]));
  for (const row of rows) {
    ownDates.set(row.line, row.own_date);
    if (row.revision === null) continue;
    records.set(byLine.get(row.line)!.id, {
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
    const same = await tx.query<{ record_id: string; revision: number; data: unknown }>(heldRevisions, [
      batch.storeId,
      batch.entity,
      known.map((record) => record.id),
      known.map((record) => record.revision),
    ]);
    for (const row of same.rows) revisions.set(revisionKey(row.record_id, row.revision), row.data);
  }
  return { held, ownDates };
}

const heldRecords = `
  select i.line, hq.business_date(i.occurred_at, $6, $7::time) as own_date, p.revision, p.business_date, p.kind, p.status,
    p.currency, p.gross_minor, p.discount_minor, p.tax_minor
  from unnest($3::integer[], $4::text[], $5::timestamptz[]) as i(line, record_id, occurred_at)
  left join hq.pushed_record p on p.store_id = $1 and p.entity = $2 and p.record_id = i.record_id`;

const heldRevisions = `
  with i as (select * from unnest($3::text[], $4::integer[]) as i(record_id, revision))
  select p.record_id, p.revision, p.data from i
  join hq.pushed_record p on p.store_id = $1 and p.entity = $2 and p.record_id = i.record_id and p.revision = i.revision
  union all
  select r.record_id, r.revision, r.data from i
  join hq.pushed_revision r on r.store_id = $1 and r.entity = $2 and r.record_id = i.record_id and r.revision = i.revision`;

async function writeRecords(tx: Transaction, batch: Batch, merge: Merge): Promise<void> {
  if (merge.replacements.length > 0) {
    const rows = JSON.stringify(merge.replacements.map(replacementRow));
    await tx.query(keepReplaced, [
      batch.storeId,
      batch.entity,
      merge.replacements.map(({ record }) => record.id),
    ]);
    await tx.query(replaceRecords, [batch.storeId, batch.entity, batch.schemaVersion, rows]);
  }
  if (merge.inserts.length > 0) await copyRecords(tx, batch, merge.inserts);
  if (merge.history.length > 0) {
    const rows = merge.history.map((record) => ({
      record_id: record.id,
      revision: record.revision,
      data: record.data,
    }));
    await tx.query(keepHistory, [batch.storeId, batch.entity, batch.schemaVersion, JSON.stringify(rows)]);
  }
}

/** New records go in by COPY: the store's lock and the look-up under it make a collision of keys impossible. */
async function copyRecords(tx: Transaction, batch: Batch, inserts: readonly Newest[]): Promise<void> {
  const prefix = `${copyText(batch.storeId)}\t${copyText(batch.entity)}\t`;
  let rows = '';
  for (const { record, businessDate } of inserts) {
    const sale = record.sale;
    rows +=
      prefix +
      `${copyText(record.id)}\t${record.revision}\t${businessDate ?? '\\N'}\t${record.occurredAt?.toISOString() ?? '\\N'}\t` +
      (sale
        ? `${sale.kind}\t${sale.status}\t${sale.currency}\t${sale.grossMinor}\t${sale.discountMinor}\t${sale.taxMinor}`
        : '\\N\t\\N\t\\N\t\\N\t\\N\t\\N') +
      `\t${batch.schemaVersion}\t${copyText(record.json)}\n`;
  }
  const stream = tx.query(copyFrom(copyStatement));
  stream.end(rows);
  await finished(stream);
}

const copyStatement = `copy hq.pushed_record (store_id, entity, record_id, revision, business_date, occurred_at, kind, status,
  currency, gross_minor, discount_minor, tax_minor, schema_version, data) from stdin`;

/** JSON and ids hold no control characters, so the backslash is all that COPY's text format needs escaped. */
function copyText(value: string): string {
  return value.includes('\\') ? value.replaceAll('\\', '\\\\') : value;
}

function replacementRow({ record }: Newest) {
  const sale = record.sale;
  return {
    record_id: record.id,
    revision: record.revision,
    occurred_at: record.occurredAt?.toISOString() ?? null,
    kind: sale?.kind ?? null,
    status: sale?.status ?? null,
    currency: sale?.currency ?? null,
    gross_minor: sale?.grossMinor ?? null,
    discount_minor: sale?.discountMinor ?? null,
    tax_minor: sale?.taxMinor ?? null,
    data: record.data,
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

/** @returns how many of them were not held before. */
async function quarantine(
  tx: Transaction,
  batch: Batch,
  refused: readonly RefusedRecord[],
  maxQuarantined: number,
): Promise<number> {
  const rows = refused.map((one) => ({
    record_id: one.id,
    revision: one.revision,
    code: one.code,
    message: one.message,
    content: one.content.toString('hex'),
    content_hash: createHash('sha256').update(one.content).digest('hex'),
  }));
  const { rows: written } = await tx.query<{ fresh: boolean }>(holdRecords, [
    batch.storeId,
    batch.entity,
    batch.schemaVersion,
    JSON.stringify(rows),
  ]);
  const fresh = written.filter((row) => row.fresh).length;
  if (fresh > 0) {
    const { rows: held } = await tx.query<{ held: number }>(
      `select count(*) as held from hq.quarantined_record where store_id = $1 and state = 'held'`,
      [batch.storeId],
    );
    if ((held[0]?.held ?? 0) > maxQuarantined) throw new QuarantineFullError();
  }
  return fresh;
}

const holdRecords = `
  insert into hq.quarantined_record as q (store_id, entity, record_id, revision, code, message, schema_version, content, content_hash)
  select distinct on (content_hash) $1, $2, record_id, revision, code, message, $3::integer, decode(content, 'hex'), decode(content_hash, 'hex')
  from jsonb_to_recordset($4::jsonb) as i(record_id text, revision integer, code text, message text, content text, content_hash text)
  on conflict (store_id, entity, content_hash) where state = 'held'
    do update set times = q.times + 1, code = excluded.code, message = excluded.message
  returning xmax = 0 as fresh`;

async function writeOutcome(
  tx: Transaction,
  batch: Batch,
  merge: Merge,
  refused: readonly RefusedRecord[],
  newlyHeld: number,
  startedMs: number,
): Promise<void> {
  if (merge.totals.size > 0)
    await tx.query(addTotals, [batch.storeId, JSON.stringify([...merge.totals].map(totalRow))]);
  const number = (outcome: RecordResult['outcome']) =>
    merge.results.filter((one) => one.outcome === outcome).length;
  const accepted = number('accepted');
  const replaced = number('replaced');
  await tx.query(writeSuccess, [
    batch.storeId,
    batch.entity,
    batch.batchId,
    batch.lines.length,
    accepted,
    number('duplicate'),
    replaced,
    refused.length,
    batch.bytes,
    Math.round(performance.now() - startedMs),
    batch.schemaVersion,
  ]);
  if (newlyHeld > 0)
    await tx.query(writeRefusals, [
      batch.storeId,
      batch.entity,
      batch.batchId,
      JSON.stringify(refused.map(refusalRow)),
    ]);
}

const totalRow = ([key, activity]: [string, Activity]) => ({
  business_date: key.slice(0, 10),
  currency: key.slice(11),
  ...activity,
});

// Ordered, so that two pushes never wait for each other's rows in turn.
const addTotals = `
  insert into hq.activity as a (store_id, business_date, currency, sales_count, gross_minor, tax_minor, discount_minor,
    void_count, void_minor, return_count, return_minor)
  select $1, business_date, currency, "salesCount", "grossMinor", "taxMinor", "discountMinor", "voidCount", "voidMinor",
    "returnCount", "returnMinor"
  from jsonb_to_recordset($2::jsonb) as i(business_date date, currency text, "salesCount" bigint, "grossMinor" bigint,
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
    return_minor = a.return_minor + excluded.return_minor`;

// A success resolves the open episodes of its (store, entity, push) and those of no entity; "record rejected" stays
// while a quarantined record of the entity does.
const writeSuccess = `
  with logged as (
    insert into hq.sync_log (store_id, entity, direction, batch_id, succeeded, records, accepted, duplicate, replaced,
      quarantined, bytes, duration_ms, schema_version)
    values ($1, $2, 'push', $3, true, $4, $5, $6, $7, $8, $9, $10, $11)
  ), resolved as (
    update hq.error_episode set resolved_at = clock_timestamp()
    where store_id = $1 and resolved_at is null
      and (entity = '' or (entity = $2 and direction = 'push' and (kind <> 'record_rejected' or not exists (
        select from hq.quarantined_record q where q.store_id = $1 and q.entity = $2 and q.state = 'held'))))
  )
  insert into hq.store_entity as e (store_id, entity, direction, last_success_at, records_total)
  values ($1, $2, 'push', clock_timestamp(), $5::bigint + $7::bigint)
  on conflict (store_id, entity, direction) do update set
    last_success_at = excluded.last_success_at, records_total = e.records_total + excluded.records_total,
    changed_at = clock_timestamp()`;

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

function conflict(record: IncomingRecord, batch: Batch): RefusedRecord {
  const content = batch.lines.find((one) => one.line === record.line)!.content;
  return {
    line: record.line,
    id: record.id,
    revision: record.revision,
    code: 'record_revision_conflict',
    message: errors.record_revision_conflict.title,
    content,
  };
}

function refusedResult(one: RefusedRecord): RecordResult {
  return {
    line: one.line,
    id: one.id,
    revision: one.revision,
    outcome: 'quarantined',
    code: one.code,
    message: one.message,
  };
}
