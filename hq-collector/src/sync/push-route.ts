import { limits } from '@hq-sync/protocol/limits';
import { pushHeaders, type PushAnswer, type RecordResult } from '@hq-sync/protocol/push';
import type { Request, Response } from 'express';
import type { Config } from '../config.js';
import { withTransaction } from '../db/database.js';
import { databaseFailure } from '../db/sqlstate.js';
import type { Events } from '../events.js';
import { CodedError, codedError } from '../http/coded-error.js';
import { BodyError, readBatchLines } from './batch-body.js';
import type { FailureRecorder } from './failure-recorder.js';
import { answerFailure, newProgress, type OperationProgress } from './operation-failure.js';
import { takePushLock } from './push-lock.js';
import { admitSender, requireDirection, type Door, type SendingStore } from './sender.js';
import { QuarantineFullError } from './quarantine.js';
import { storeBatch, type Batch, type StoredBatch } from './store-batch.js';

/** A deadlock or serialization failure is tried again this often before it is the store's turn to retry. */
const maxConflictTries = 3;

export interface PushContext extends Door {
  readonly config: Config;
  readonly events: Events;
  readonly failures: FailureRecorder;
  /** Wraps the reading of a body of this store. */
  whileReceiving<T>(storeId: string, work: () => Promise<T>): Promise<T>;
  draining(): boolean;
}

/** `POST /v1/push/{entity}`: one batch, one transaction, one answer that names every line. */
export class PushRoute {
  inFlight = 0;

  constructor(private readonly context: PushContext) {}

  readonly handle = async (request: Request<{ entity: string }>, response: Response): Promise<void> => {
    const progress = newProgress('push');
    this.inFlight += 1;
    try {
      const answer = await this.push(request, progress);
      response.status(200).json(answer);
    } catch (cause) {
      if (cause instanceof BodyError) progress.bytes = cause.bytes;
      const error = toCodedError(cause, this.context.config);
      await answerFailure(this.context, request, response, progress, error, cause);
    } finally {
      this.inFlight -= 1;
    }
  };

  private async push(request: Request<{ entity: string }>, progress: OperationProgress): Promise<PushAnswer> {
    const { startedMs } = progress;
    const { config, events } = this.context;
    if (this.context.draining()) throw new CodedError('shutting_down');
    const { entity } = request.params;
    const { store, direction } = await admitSender(this.context, request, entity);
    const { storeId } = store;
    progress.storeId = storeId;
    if (direction !== null) progress.entity = entity;
    if (this.inFlight > config.HQ_MAX_CONCURRENT_PUSHES) throw new CodedError('overloaded');
    requireDirection(entity, direction, 'push');
    const { batchId, schemaVersion, saidReceipt } = readHeaders(request, progress);
    if (!config.HQ_ACCEPTED_SCHEMA_VERSIONS.includes(schemaVersion)) {
      throw new CodedError('schema_mismatch', {
        detail: `The store sent schema version ${schemaVersion}, HQ takes ${config.HQ_ACCEPTED_SCHEMA_VERSIONS.join(', ')}: update the store server.`,
        expected: config.HQ_ACCEPTED_SCHEMA_VERSIONS,
        actual: schemaVersion,
      });
    }
    const { lines, bytes } = await this.context.whileReceiving(storeId, () =>
      readBatchLines(
        request,
        request.headers['content-encoding'] === 'gzip',
        {
          maxBatchBytes: config.HQ_MAX_BATCH_BYTES,
          maxBatchRecords: config.HQ_MAX_BATCH_RECORDS,
          maxRecordBytes: config.HQ_MAX_RECORD_BYTES,
          stallMs: config.HQ_BODY_STALL_MS,
          deadlineMs: config.HQ_BODY_DEADLINE_MS,
        },
        () => this.context.touch(storeId),
      ),
    );
    progress.records = lines.length;
    progress.bytes = bytes;

    const batch: Batch = {
      storeId,
      entity,
      batchId,
      schemaVersion,
      bytes,
      lines: lines.map((content, index) => ({ line: index + 1, content })),
    };
    const { records, receipt } = await this.store(batch, store, startedMs);
    events.pushCommitted(storeId, batch.entity, records, (performance.now() - startedMs) / 1000);
    // HQ had one less before this commit.
    const lost = saidReceipt !== undefined && saidReceipt >= receipt;
    if (lost) events.pushesLost(storeId, [entity]);
    return answerOf(batchId, records, receipt, lost);
  }

  /**
   * Stores a batch; when the database refuses its data, halves it until the one record that it cannot hold is alone
   * and goes to quarantine. Validation should leave nothing for this; it is here so that one bad record blocks nothing.
   */
  private async store(batch: Batch, store: SendingStore, startedMs: number): Promise<StoredBatch> {
    const { pool, config, events } = this.context;
    for (let tries = 1; ; tries += 1) {
      try {
        return await withTransaction(
          pool,
          (tx) =>
            storeBatch(tx, batch, store, { maxQuarantined: config.HQ_MAX_QUARANTINED_PER_STORE }, startedMs),
          takePushLock(store.storeId),
        );
      } catch (error) {
        const failure = databaseFailure(error);
        if (failure === 'conflict' && tries < maxConflictTries) continue;
        if (failure !== 'data' || batch.unstorable) throw error;
        events.databaseFailed('store_batch', error);
      }
      if (batch.lines.length === 1) return this.store({ ...batch, unstorable: true }, store, startedMs);
      const half = Math.ceil(batch.lines.length / 2);
      const left = await this.store({ ...batch, lines: batch.lines.slice(0, half) }, store, startedMs);
      const right = await this.store({ ...batch, lines: batch.lines.slice(half) }, store, startedMs);
      return { records: [...left.records, ...right.records], receipt: right.receipt };
    }
  }
}

function readHeaders(
  request: Request,
  progress: OperationProgress,
): { batchId: string; schemaVersion: number; saidReceipt: number | undefined } {
  const headers = pushHeaders.safeParse(request.headers);
  if (!headers.success) {
    throw new CodedError('headers_invalid', {
      errors: headers.error.issues.map((issue) => ({ path: issue.path.join('.'), message: issue.message })),
    });
  }
  const batchId = (progress.batchId = headers.data['hq-batch-id']);
  const schemaVersion = (progress.schemaVersion = headers.data['hq-schema-version']);
  const type = request.headers['content-type']?.split(';')[0]?.trim().toLowerCase();
  if (type !== 'application/x-ndjson') throw new CodedError('content_type_unsupported');
  const encoding = request.headers['content-encoding'] ?? 'identity';
  if (encoding !== 'identity' && encoding !== 'gzip') throw new CodedError('content_encoding_unsupported');
  return { batchId, schemaVersion, saidReceipt: headers.data['hq-receipt'] };
}

function toCodedError(cause: unknown, config: Config): CodedError {
  if (cause instanceof QuarantineFullError) return new CodedError('quarantine_full');
  if (!(cause instanceof BodyError)) return codedError(cause);
  const tooLarge = cause.code === 'batch_too_large' || cause.code === 'record_too_large';
  return new CodedError(cause.code, {
    ...(tooLarge && {
      limits: {
        maxBatchRecords: config.HQ_MAX_BATCH_RECORDS,
        maxBatchBytes: config.HQ_MAX_BATCH_BYTES,
        maxRecordBytes: config.HQ_MAX_RECORD_BYTES,
      },
    }),
    ...(cause.line !== undefined && { line: cause.line }),
  });
}

function answerOf(batchId: string, records: RecordResult[], receipt: number, lost: boolean): PushAnswer {
  const number = (outcome: RecordResult['outcome']) =>
    records.filter((record) => record.outcome === outcome).length;
  return {
    batchId,
    receipt,
    ...(lost && { pushAgain: true }),
    accepted: number('accepted'),
    duplicate: number('duplicate'),
    replaced: number('replaced'),
    quarantined: number('quarantined'),
    records: records.map((record) =>
      record.message ? { ...record, message: record.message.slice(0, limits.maxTextChars) } : record,
    ),
  };
}
