import { errors } from '@hq-sync/protocol/error-code';
import type { RecordResult } from '@hq-sync/protocol/push';
import type { Transaction } from '../db/database.js';
import { bytesOf, type BatchLine } from './batch-body.js';
import { writeOutcome } from './batch-outcome.js';
import { mergeBatch } from './merge-batch.js';
import { readHeld, writeRecords, type RecordsOrigin } from './pushed-records.js';
import type { SendingStore } from './sender.js';
import { quarantine } from './quarantine.js';
import { readRecord, type IncomingRecord, type RefusedRecord } from './read-record.js';

/** A batch as it came, its lines not yet read. */
export interface Batch extends RecordsOrigin {
  readonly batchId: string;
  readonly bytes: number;
  readonly lines: readonly { readonly line: number; readonly content: BatchLine }[];
  /** Set when the database has refused these lines: they go to quarantine unread. */
  readonly unstorable?: true;
}

export interface StoredBatch {
  readonly records: RecordResult[];
  readonly receipt: number;
}

/**
 * Stores one batch in the given transaction, which holds the store's push lock: records, history, totals, quarantine,
 * log row, counters.
 * @returns each line's result, in the order of the lines, and the receipt.
 * @throws QuarantineFullError
 */
export async function storeBatch(
  tx: Transaction,
  batch: Batch,
  store: SendingStore,
  limits: { maxQuarantined: number },
  startedMs: number,
): Promise<StoredBatch> {
  const { incoming, refused } = readLines(batch, store);
  const { held, ownDates } = await readHeld(tx, batch, incoming, store);
  const merge = mergeBatch(incoming, held, ownDates);
  refused.push(...merge.conflicts.map((record) => conflict(record, batch)));

  await writeRecords(tx, batch, merge);
  const newlyHeld = refused.length > 0 ? await quarantine(tx, batch, refused, limits.maxQuarantined) : 0;
  const receipt = await writeOutcome(tx, batch, {
    merge,
    refused,
    newlyHeld,
    durationMs: performance.now() - startedMs,
  });
  const records = [...merge.results, ...refused.map(refusedResult)];
  return { records: records.sort((left, right) => left.line - right.line), receipt };
}

function readLines(
  batch: Batch,
  store: SendingStore,
): { incoming: IncomingRecord[]; refused: RefusedRecord[] } {
  const incoming: IncomingRecord[] = [];
  const refused: RefusedRecord[] = [];
  const rules = {
    entity: batch.entity,
    currency: store.currency,
    storeNowMs: store.nowMs + store.skewMs,
  };
  for (const { line, content } of batch.lines) {
    if (batch.unstorable) {
      const { title } = errors.record_unstorable;
      refused.push({
        line,
        id: null,
        revision: null,
        code: 'record_unstorable',
        message: title,
        content: bytesOf(content),
      });
      continue;
    }
    const read = readRecord(content, line, rules);
    if (read.ok) incoming.push(read.record);
    else refused.push(read.refused);
  }
  return { incoming, refused };
}

function conflict(record: IncomingRecord, batch: Batch): RefusedRecord {
  const { content } = batch.lines.find((one) => one.line === record.line)!;
  return {
    line: record.line,
    id: record.id,
    revision: record.revision,
    code: 'record_revision_conflict',
    message: errors.record_revision_conflict.title,
    content: bytesOf(content),
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
