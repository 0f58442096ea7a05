import type { QueueStatus } from '@hq-sync/protocol/store-message';
import type { PullRequest } from '@hq-sync/protocol/pull';
import type { Logger } from 'pino';
import { agentLimits } from './limits.js';
import type { CopyState, LocalCopy, Unstorable } from './local-copy.js';
import type { ReadPage } from './page-reader.js';
import { PullClient } from './pull-request.js';
import { verdictOfPull, verdictOfPullError, type PullVerdict } from './pull-verdict.js';
import type { LastError } from './push-loop.js';
import type { Happening, Reports } from './reports.js';
import type { Resyncs, FinishedResync } from './resync.js';
import { RetrySchedule, type RetryWait, type TokenWait, type WaitReason } from './retry-schedule.js';
import { isDiskFull } from './sqlite.js';
import { Wakeup } from './wakeup.js';

/** What the store holds of one entity of HQ. */
export interface PullStatus {
  entity: string;
  records: number;
  /** When HQ last answered a pull of it, changes or none. */
  lastPullAt: string | null;
  lastError: LastError | null;
  /** Whether everything is being read from the start, and what was not brought not dropped yet. */
  scanning: boolean;
}

export interface PullParts {
  hqUrl: string;
  token: () => string;
  entities: readonly string[];
  intervalMs: number;
  timeoutMs: number;
  /** Of a page. */
  maxRecords: number;
  copy: LocalCopy;
  resyncs: Resyncs;
  reports: Reports;
  tokenWait: TokenWait;
  clock: () => Date;
  log: Logger;
  /** Whether a push is under way. */
  pushing: () => boolean;
  /** Some of an answer has come. */
  onBytes: () => void;
  onError: (code: string, message: string) => void;
  onReport: () => void;
  onResynced: (finished: FinishedResync) => void;
}

/**
 * Keeps the copy of HQ's data: one page at a time, the entities in turn. It ends only by `stop`; whatever a try throws
 * becomes a wait. A process that dies after a page was applied confirms it when it runs again; one that dies before
 * pulls it again.
 */
export class PullLoop {
  private readonly schedule: RetrySchedule;
  private readonly wakeup = new Wakeup();
  private readonly client: PullClient;
  /** When each entity is pulled next, by `performance.now()`. */
  private readonly dueMs = new Map<string, number>();
  /** Since when something is known to wait at HQ, by the store's clock. */
  private readonly waitingSince = new Map<string, string>();
  /** How often news of each came: what came while a page was on its way is not in it. */
  private readonly newsCount = new Map<string, number>();
  private readonly lastErrors = new Map<string, LastError>();
  private pulling: string | null = null;
  private stopped = false;
  private ended: Promise<void> = Promise.resolve();

  constructor(private readonly parts: PullParts) {
    this.schedule = new RetrySchedule(Math.random, parts.tokenWait);
    this.client = new PullClient(parts.hqUrl, parts.timeoutMs, parts.onBytes);
  }

  start(): void {
    for (const entity of this.parts.entities) this.dueMs.set(entity, this.nextCheckMs());
    try {
      this.parts.resyncs.keepOnly(this.parts.entities);
    } catch (error) {
      this.parts.log.error({ err: error }, 'the copy of HQ’s data cannot be opened yet');
    }
    this.ended = this.run();
  }

  get isPulling(): boolean {
    return this.pulling !== null;
  }

  get entities(): readonly string[] {
    return this.parts.entities;
  }

  /** A token came, or the push under way has ended. */
  wake(): void {
    this.wakeup.wake();
  }

  /** A welcome came: HQ may have changed anything since the last connection. */
  pullAll(): void {
    for (const entity of this.parts.entities) this.dueMs.set(entity, 0);
    this.wake();
  }

  /** HQ has something new of these; those that this store does not pull are left out. */
  news(entities: readonly string[]): void {
    for (const entity of entities) {
      if (!this.dueMs.has(entity)) continue;
      this.dueMs.set(entity, 0);
      this.newsCount.set(entity, this.newsOf(entity) + 1);
      if (!this.waitingSince.has(entity)) this.waitingSince.set(entity, this.parts.clock().toISOString());
    }
    this.wake();
  }

  /** Pulls from the start, with the records kept until that is over; entities of which one is not pulled are ignored. */
  startOver(entities: readonly string[]): void {
    this.parts.copy.startOver(entities);
    this.news(entities);
  }

  endWaits(reasons: readonly WaitReason[] | 'all'): void {
    this.schedule.endWaits(reasons);
    this.wake();
  }

  status(): PullStatus[] {
    return this.parts.entities.map((entity) => {
      const { records, lastPullAt, phase } = this.parts.copy.state(entity);
      const lastError = this.lastErrors.get(entity) ?? null;
      return { entity, records, lastPullAt, lastError, scanning: phase !== 'following' };
    });
  }

  /** What the heartbeat says: only of entities of which something is known to wait. How much, only HQ knows: at least 1. */
  waiting(): QueueStatus[] {
    return [...this.waitingSince].map(([entity, since]) => {
      const holdMs = this.pulling === entity ? null : this.schedule.nextTryMs(entity);
      const inMs = holdMs === null ? 0 : holdMs - performance.now();
      return {
        entity,
        direction: 'pull',
        pendingRecords: 1,
        oldestPendingAt: since,
        attempt: this.schedule.attempt(entity),
        nextTryAt: inMs > 0 ? new Date(this.parts.clock().getTime() + inMs).toISOString() : null,
      };
    });
  }

  /** Ends the request under way: what it would have brought comes with the next one. */
  async stop(): Promise<void> {
    this.stopped = true;
    this.client.close();
    this.wake();
    await this.ended;
  }

  private async run(): Promise<void> {
    while (!this.stopped) {
      let waitMs: number;
      try {
        waitMs = await this.turn();
      } catch (error) {
        // the copy itself failed, e.g. a disk error; a broken file has been replaced by now
        this.parts.log.error({ err: error }, 'the pull loop failed');
        this.parts.onError('internal_error', String(error));
        waitMs = agentLimits.minRetryMs + Math.random() * agentLimits.slowRetryMinMs;
      }
      if (waitMs > 0 && !this.stopped) await this.wakeup.wait(waitMs);
    }
  }

  /** Pulls one page if one is due; otherwise returns how long to wait, in ms. */
  private async turn(): Promise<number> {
    const { copy, token, entities } = this.parts;
    copy.open();
    const swept = entities.find((entity) => copy.state(entity).phase === 'sweeping');
    if (swept !== undefined) {
      await copy.sweep(swept, () => this.stopped);
      this.finishResyncs();
      return 0;
    }
    const nowMs = performance.now();
    const due = token() === '' ? [] : entities.filter((entity) => this.dueAt(entity) <= nowMs).sort();
    const turn = this.schedule.next(due, nowMs);
    if ('waitMs' in turn) {
      const later = entities.map((entity) => this.dueAt(entity)).filter((at) => at > nowMs);
      return token() === '' ? Infinity : Math.max(1, Math.min(turn.waitMs, ...later.map((at) => at - nowMs)));
    }
    await this.yieldToPush();
    if (!this.stopped) await this.pull(turn.entity);
    return 0;
  }

  private async pull(entity: string): Promise<void> {
    const { copy, token } = this.parts;
    const asked = copy.state(entity);
    const news = this.newsOf(entity);
    // news that comes from here on sets it again
    this.dueMs.set(entity, this.nextCheckMs());
    const sentWith = token();
    const size = this.schedule.size(entity);
    const maxRecords = size.under(this.parts.maxRecords);
    const startedMs = performance.now();
    const verdict = await this.ask(entity, sentWith, {
      cursor: asked.cursor,
      ...(asked.confirm === null ? {} : { confirm: asked.confirm }),
      maxRecords,
    });
    if (this.stopped && verdict.kind !== 'page') return;
    if (verdict.kind === 'start_over') {
      this.parts.log.warn({ entity, code: verdict.code }, `pulled from the start: ${verdict.message}`);
      return this.startOver([entity]);
    }
    if (verdict.kind === 'wait') {
      this.dueMs.set(entity, 0);
      // a newer token came while HQ was rejecting the old one
      if (verdict.reason === 'token' && token() !== sentWith) return;
      return this.failed(entity, verdict, maxRecords);
    }
    if (this.apply(entity, asked, verdict.page, news)) {
      this.schedule.succeeded(entity);
      const quickMs = this.parts.timeoutMs * agentLimits.growWithinShare;
      if (performance.now() - startedMs < quickMs) size.taken(this.parts.maxRecords);
    }
  }

  private async ask(entity: string, token: string, request: PullRequest): Promise<PullVerdict> {
    this.pulling = entity;
    try {
      const answer = await this.client.pull(entity, token, request);
      return verdictOfPull(answer, request.cursor !== null);
    } catch (error) {
      return verdictOfPullError(error, request.maxRecords ?? this.parts.maxRecords);
    } finally {
      this.pulling = null;
    }
  }

  private apply(entity: string, asked: CopyState, page: ReadPage, news: number): boolean {
    const { copy, clock } = this.parts;
    const { end } = page;
    const at = clock().toISOString();
    // a line that is no record leaves what the store has of it
    const kept = page.rejected.flatMap(({ id }) => (id === undefined ? [] : [id]));
    try {
      const told = (unstorable: readonly Unstorable[]): void => this.tell(entity, page, unstorable);
      if (!copy.apply(entity, asked, page.records, kept, end, at, told)) {
        this.dueMs.set(entity, 0);
        return false;
      }
    } catch (error) {
      if (!isDiskFull(error)) {
        this.dueMs.set(entity, 0);
        throw error;
      }
      this.failed(entity, copyFull((error as Error).message), 1);
      this.report({ code: 'record_unstorable', entity, direction: 'pull', message: 'the copy is full' });
      return false;
    }
    if (end.more || end.id !== null) this.dueMs.set(entity, 0);
    if (end.more || end.scanning) {
      if (!this.waitingSince.has(entity)) this.waitingSince.set(entity, at);
    } else if (this.newsOf(entity) === news) {
      this.waitingSince.delete(entity);
    }
    this.finishResyncs();
    return true;
  }

  private failed(entity: string, verdict: RetryWait, maxRecords: number): void {
    const { code, message, reason } = verdict;
    this.schedule.failed(entity, verdict, performance.now());
    if (verdict.halve) this.schedule.size(entity).split(maxRecords);
    this.dueMs.set(entity, 0);
    this.lastErrors.set(entity, { code, message, at: new Date().toISOString() });
    this.parts.log.warn({ entity, code, reason, maxRecords }, `pull failed: ${message}`);
    this.parts.onError(code, message);
    if (code === 'store_timeout')
      this.report({ code, entity, direction: 'pull', message: `pull of ${maxRecords} records: ${message}` });
  }

  /** HQ cannot see by itself what the store did not take. */
  private tell(entity: string, page: ReadPage, unstorable: readonly Unstorable[]): void {
    for (const { code, id, message } of page.rejected) this.reject(entity, code, id, message);
    for (const { id, message } of unstorable) this.reject(entity, 'record_unstorable', id, message);
  }

  private reject(entity: string, code: Happening['code'], recordId: string | undefined, why: string): void {
    const message = `record ${recordId ?? 'without an id'} is not in the store's copy: ${why}`;
    this.lastErrors.set(entity, { code, message, at: new Date().toISOString() });
    this.parts.onError(code, message);
    this.report({
      code,
      entity,
      direction: 'pull',
      ...(recordId === undefined ? {} : { recordId }),
      message,
    });
  }

  private report(happening: Happening): void {
    const { reports, log, onReport } = this.parts;
    log.warn({ entity: happening.entity, code: happening.code }, happening.message);
    try {
      reports.add(happening);
      onReport();
    } catch (error) {
      // a full queue must not hold up prices
      log.error({ err: error }, 'a report could not be kept');
    }
  }

  private finishResyncs(): void {
    for (const finished of this.parts.resyncs.takeFinished()) this.parts.onResynced(finished);
  }

  private async yieldToPush(): Promise<void> {
    const untilMs = performance.now() + agentLimits.yieldToPushMs;
    for (let leftMs: number = agentLimits.yieldToPushMs; leftMs > 0; leftMs = untilMs - performance.now()) {
      if (this.stopped || !this.parts.pushing()) return;
      await this.wakeup.wait(leftMs);
    }
  }

  private newsOf(entity: string): number {
    return this.newsCount.get(entity) ?? 0;
  }

  private dueAt(entity: string): number {
    return this.dueMs.get(entity) ?? Infinity;
  }

  /** Between half the interval and the interval, so that a thousand stores do not ask at once. */
  private nextCheckMs(): number {
    return performance.now() + this.parts.intervalMs * (0.5 + Math.random() / 2);
  }
}

function copyFull(message: string): RetryWait {
  return {
    kind: 'wait',
    scope: 'store',
    reason: 'server',
    wait: 'slow',
    code: 'copy_full',
    message: `the copy of HQ’s data has reached its bound on disk: ${message}`,
    halve: false,
  };
}
