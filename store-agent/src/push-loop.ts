import { limits } from '@hq-sync/protocol/limits';
import type { BatchLimits } from '@hq-sync/protocol/push';
import type { QueueStatus } from '@hq-sync/protocol/store-message';
import type { Logger } from 'pino';
import { randomUUID } from 'node:crypto';
import { nextBatch, recordLimitBytes, type Batch, type OversizedRecord } from './batch.js';
import { agentLimits } from './limits.js';
import type { OfflineQueue, Settlement } from './offline-queue.js';
import { PushClient } from './push-request.js';

import { verdictOfAnswer, verdictOfError, type PushVerdict, type ToleratedAnswer } from './push-verdict.js';
import type { Happening, Reports } from './reports.js';
import { RetrySchedule, type TokenWait, type WaitReason } from './retry-schedule.js';
import { Wakeup } from './wakeup.js';

export interface PushCounters {
  batches: number;
  /** Batches sent again. */
  retries: number;
  accepted: number;
  duplicates: number;
  replaced: number;
  quarantined: number;
}

export interface LastError {
  code: string;
  message: string;
  at: string;
}

export interface PushParts {
  hqUrl: string;
  token: () => string;
  schemaVersion: number;
  ownLimits: Partial<Pick<BatchLimits, 'maxBatchRecords' | 'maxBatchBytes'>>;
  /** Those of the last welcome, if there was one. */
  hqLimits: () => BatchLimits | null;
  timeoutMs: number;
  queue: OfflineQueue;
  reports: Reports;
  tokenWait: TokenWait;
  clock: () => Date;
  log: Logger;
  /** HQ has answered over HTTP. */
  onAnswer: () => void;
  onError: (code: string, message: string) => void;
  /** HQ has said that this push is its `receipt`th of the entity. */
  onReceipt: (entity: string, receipt: number) => void;
  /** The highest receipt of the entity; 0 when HQ has given none. */
  receipt: (entity: string) => number;
  /** HQ lacks pushes of the entity that it had committed. */
  onLost: (entity: string) => void;
  onReport: () => void;
  /** A batch has ended, one way or the other: the line is free. */
  onIdle: () => void;
}

/**
 * Sends what the queue holds: one batch at a time, the entities in turn. It ends only by `stop`; whatever a try
 * throws becomes a wait. A process that dies between HQ's answer and `settle` sends the batch again, which HQ
 * answers with duplicates.
 */
export class PushLoop {
  readonly counters: PushCounters = {
    batches: 0,
    retries: 0,
    accepted: 0,
    duplicates: 0,
    replaced: 0,
    quarantined: 0,
  };
  lastPushAt: string | null = null;

  private readonly schedule: RetrySchedule;
  private readonly wakeup = new Wakeup();
  private readonly client: PushClient;
  private learned: BatchLimits | null = null;
  private sending: string | null = null;
  private stopped = false;
  private ended: Promise<void> = Promise.resolve();

  constructor(private readonly parts: PushParts) {
    this.schedule = new RetrySchedule(Math.random, parts.tokenWait);
    this.client = new PushClient(parts.hqUrl, parts.timeoutMs);
  }

  start(): void {
    this.ended = this.run();
  }

  get isSending(): boolean {
    return this.sending !== null;
  }

  /** Records were queued, or a token came. */
  wake(): void {
    this.wakeup.wake();
  }

  endWaits(reasons: readonly WaitReason[] | 'all'): void {
    this.schedule.endWaits(reasons);
    this.wake();
  }

  /** A welcome says HQ's limits afresh: what an earlier 413 taught is void. */
  forgetLearnedLimits(): void {
    this.learned = null;
  }

  /** What the heartbeat says of one entity's queue. */
  status(entity: string): QueueStatus {
    const { queue, clock } = this.parts;
    const pendingRecords = queue.pending(entity);
    const nextTryMs = this.schedule.nextTryMs(entity);
    const waits = pendingRecords > 0 && this.sending !== entity && nextTryMs !== null;
    const nextTryAt = waits ? clock().getTime() + Math.max(0, nextTryMs - performance.now()) : null;
    return {
      entity,
      direction: 'push',
      pendingRecords,
      oldestPendingAt: pendingRecords === 0 ? null : queue.oldestPendingAt(entity),
      attempt: this.schedule.attempt(entity),
      nextTryAt: nextTryAt === null ? null : new Date(nextTryAt).toISOString(),
    };
  }

  /** The limits in force: the least of the agent's own, the wire's, HQ's welcome and HQ's last 413. */
  limits(): BatchLimits {
    const { ownLimits, hqLimits } = this.parts;
    const all: readonly Partial<BatchLimits>[] = [limits, ownLimits, hqLimits() ?? {}, this.learned ?? {}];
    const least = (name: keyof BatchLimits): number =>
      Math.max(1, Math.min(...all.map((some) => some[name] ?? Infinity)));
    return {
      maxBatchRecords: least('maxBatchRecords'),
      maxBatchBytes: least('maxBatchBytes'),
      maxRecordBytes: least('maxRecordBytes'),
    };
  }

  /** Gives the batch under way `stopPushMs` to be answered. */
  async stop(): Promise<void> {
    this.stopped = true;
    this.wake();
    const cut = setTimeout(() => this.client.close(), agentLimits.stopPushMs);
    await this.ended;
    clearTimeout(cut);
    this.client.close();
  }

  private async run(): Promise<void> {
    while (!this.stopped) {
      let waitMs: number;
      try {
        waitMs = await this.turn();
      } catch (error) {
        // the queue itself failed, e.g. a disk error: the next try may find it cured
        this.parts.log.error({ err: error }, 'the push loop failed');
        this.parts.onError('internal_error', String(error));
        waitMs = agentLimits.slowRetryMinMs;
      }
      if (waitMs > 0 && !this.stopped) await this.wakeup.wait(waitMs);
    }
  }

  /** Sends one batch if one may be sent; otherwise returns how long to wait, in ms. */
  private async turn(): Promise<number> {
    const { queue, token, schemaVersion } = this.parts;
    const turn = this.schedule.next(token() === '' ? [] : queue.pendingEntities(), performance.now());
    if ('waitMs' in turn) return turn.waitMs;
    const { entity } = turn;
    const inForce = this.limits();
    const size = this.schedule.size(entity).under(inForce.maxBatchRecords);
    const batch = nextBatch(queue, entity, schemaVersion, { ...inForce, maxBatchRecords: size });
    if (batch === null) {
      queue.recount();
      return queue.pending(entity) > 0 ? agentLimits.slowRetryMinMs : 0;
    }
    if ('oversized' in batch) {
      this.withhold(entity, batch, `${batch.bytes} bytes, over the limit of ${batch.limitBytes}`);
      return 0;
    }
    const sentWith = token();
    const verdict = await this.send(batch);
    // a newer token came while HQ was rejecting the old one
    const isOutdated = verdict.kind === 'wait' && verdict.reason === 'token' && token() !== sentWith;
    if (!isOutdated) this.apply(batch, verdict, inForce);
    return 0;
  }

  private async send(batch: Batch): Promise<PushVerdict> {
    this.counters.batches += 1;
    if (this.schedule.attempt(batch.entity) > 0) this.counters.retries += 1;
    const headers = {
      authorization: `Bearer ${this.parts.token()}`,
      'hq-batch-id': randomUUID(),
      'hq-schema-version': String(batch.schemaVersion),
      'hq-receipt': String(this.parts.receipt(batch.entity)),
    };
    this.sending = batch.entity;
    try {
      const response = await this.client.push(batch.entity, headers, batch.body);
      this.parts.onAnswer();
      return verdictOfAnswer(batch, response);
    } catch (error) {
      return verdictOfError(error);
    } finally {
      this.sending = null;
      this.parts.onIdle();
    }
  }

  private apply(batch: Batch, verdict: PushVerdict, inForce: BatchLimits): void {
    const { entity } = batch;
    if (verdict.kind === 'settled') {
      this.parts.queue.settle(entity, settlementsOf(batch, verdict.answer));
      const { receipt, pushAgain } = verdict.answer;
      if (pushAgain) this.parts.onLost(entity);
      if (receipt !== undefined) this.parts.onReceipt(entity, receipt);
      this.count(verdict.answer);
      this.schedule.succeeded(entity);
      this.schedule.size(entity).taken(inForce.maxBatchRecords);
      return;
    }
    if (this.stopped) return;
    if (verdict.kind === 'split') return this.split(batch, verdict);

    const { code, message, reason } = verdict;
    this.schedule.failed(entity, verdict, performance.now());
    if (verdict.halve) this.schedule.size(entity).split(batch.records.length);
    this.parts.log.warn({ entity, code, reason, records: batch.records.length }, `push failed: ${message}`);
    this.parts.onError(code, message);
    if (code === 'store_timeout')
      this.report({
        code,
        entity,
        direction: 'push',
        message: `push of ${batch.records.length} records: ${message}`,
      });
  }

  private split(batch: Batch, { problem, message }: Extract<PushVerdict, { kind: 'split' }>): void {
    const { entity, records } = batch;
    const only = records.length === 1 ? records[0] : undefined;
    if (problem?.limits !== undefined) this.learned = problem.limits;
    this.parts.log.warn({ entity, records: records.length }, `HQ found the batch too large: ${message}`);
    this.parts.onError(problem?.code ?? 'batch_too_large', message);
    if (only !== undefined) {
      // under the limit that HQ has just said, it is released when a welcome says a higher one
      const limitBytes = recordLimitBytes(this.limits());
      this.withhold(
        entity,
        { oversized: only, bytes: Buffer.byteLength(batch.body) - 1, limitBytes },
        message,
      );
      return;
    }
    this.schedule.split(entity);
    this.schedule
      .size(entity)
      .split(records.length, problem?.code === 'record_too_large' ? problem.line : undefined);
  }

  private withhold(entity: string, { oversized, limitBytes }: OversizedRecord, why: string): void {
    const { queue, reports, log, onReport } = this.parts;
    const message = `record ${oversized.recordId} revision ${oversized.revision} is kept at the store: ${why}`;
    // in one transaction, so that no withheld record goes unreported
    queue.withhold(entity, oversized.seq, limitBytes, () =>
      reports.add({
        code: 'record_too_large',
        entity,
        direction: 'push',
        recordId: oversized.recordId,
        message,
      }),
    );
    this.schedule.setAside(entity);
    log.warn({ entity, recordId: oversized.recordId }, message);
    onReport();
  }

  private report(happening: Happening): void {
    this.parts.reports.add(happening);
    this.parts.onReport();
  }

  private count(answer: ToleratedAnswer): void {
    for (const { outcome } of answer.records) {
      this.counters[outcome === 'duplicate' ? 'duplicates' : outcome] += 1;
    }
    this.lastPushAt = new Date().toISOString();
  }
}

function settlementsOf(batch: Batch, answer: ToleratedAnswer): Settlement[] {
  return answer.records.map(({ line, outcome, code, message, id }) => {
    const record = batch.records[line - 1];
    if (record === undefined) throw new Error(`line ${line} (${id}: ${code} ${message}) is not of the batch`);
    return { seq: record.seq, state: outcome === 'quarantined' ? 'quarantined' : 'acknowledged' };
  });
}
