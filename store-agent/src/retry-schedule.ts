import { decorrelatedJitterGenerator, ExponentialBackoff, type IBackoff } from 'cockatiel';
import { BatchSize } from './batch-size.js';
import { agentLimits } from './limits.js';

/** Why a direction waits, for the whole store or for one entity. */
export type WaitReason = 'network' | 'token' | 'schema' | 'overloaded' | 'server' | 'entity';

export interface RetryWait {
  kind: 'wait';
  scope: 'store' | 'entity';
  reason: WaitReason;
  /** Grows with each failure, is long and random, or is what HQ asked for. */
  wait: 'backoff' | 'slow' | { ms: number };
  code: string;
  message: string;
  /** The line may be too thin for a batch or page of this size: the next one is half of it. */
  halve: boolean;
}

interface Hold {
  reason: WaitReason;
  untilMs: number;
}

interface EntityTurn {
  attempt: number;
  hold: Hold | null;
  backoff: IBackoff<unknown> | null;
  readonly size: BatchSize;
}

const backoffs = new ExponentialBackoff({
  initialDelay: agentLimits.firstPushBackoffMs,
  maxDelay: agentLimits.maxPushBackoffMs,
  generator: decorrelatedJitterGenerator,
});

/** The wait after a rejected token, which push and pull share: HQ hears of it once, not once for each direction. */
export class TokenWait {
  hold: Hold | null = null;
}

/** Whose turn it is in one direction, and until when nobody's. Times are of `performance.now()`, ms. */
export class RetrySchedule {
  private readonly turns = new Map<string, EntityTurn>();
  private storeHold: Hold | null = null;
  private storeBackoff: IBackoff<unknown> | null = null;
  private lastEntity = '';

  constructor(
    private readonly random: () => number = Math.random,
    private readonly token = new TokenWait(),
  ) {}

  /** The next of the entities with something to do (sorted by name), or how long there is none, in ms. */
  next(pending: readonly string[], nowMs: number): { entity: string } | { waitMs: number } {
    const until = (entity: string): number => this.nextTryMs(entity) ?? nowMs;
    const inTurn = [
      ...pending.filter((name) => name > this.lastEntity),
      ...pending.filter((name) => name <= this.lastEntity),
    ];
    const entity = inTurn.find((name) => until(name) <= nowMs);
    if (entity === undefined) return { waitMs: Math.min(Infinity, ...pending.map(until)) - nowMs };
    this.lastEntity = entity;
    return { entity };
  }

  /** When the entity is tried again; null when nothing holds it. */
  nextTryMs(entity: string): number | null {
    const holds = [this.storeHold, this.token.hold, this.turns.get(entity)?.hold ?? null].filter(
      (hold) => hold !== null,
    );
    return holds.length === 0 ? null : Math.max(...holds.map((hold) => hold.untilMs));
  }

  /** Failed tries in a row. */
  attempt(entity: string): number {
    return this.turns.get(entity)?.attempt ?? 0;
  }

  size(entity: string): BatchSize {
    return this.turn(entity).size;
  }

  succeeded(entity: string): void {
    const turn = this.turn(entity);
    turn.attempt = 0;
    turn.hold = null;
    turn.backoff = null;
    this.storeHold = null;
    this.token.hold = null;
    this.storeBackoff = null;
  }

  /** A try that counts as failed but is followed at once by a smaller one. */
  split(entity: string): void {
    this.turn(entity).attempt += 1;
  }

  /** The record that made tries fail is out of the way. */
  setAside(entity: string): void {
    this.turn(entity).attempt = 0;
  }

  failed(entity: string, verdict: RetryWait, nowMs: number): void {
    const turn = this.turn(entity);
    turn.attempt += 1;
    if (verdict.reason === 'token') {
      this.token.hold = { reason: 'token', untilMs: nowMs + this.waitMs(verdict, null) };
    } else if (verdict.scope === 'entity') {
      if (verdict.wait === 'backoff') turn.backoff = (turn.backoff ?? backoffs).next(undefined);
      turn.hold = { reason: verdict.reason, untilMs: nowMs + this.waitMs(verdict, turn.backoff) };
    } else {
      if (verdict.wait === 'backoff') this.storeBackoff = (this.storeBackoff ?? backoffs).next(undefined);
      this.storeHold = { reason: verdict.reason, untilMs: nowMs + this.waitMs(verdict, this.storeBackoff) };
    }
  }

  /** Ends the waits of these reasons: their cause is gone, or a person asked for a try. */
  endWaits(reasons: readonly WaitReason[] | 'all'): void {
    const ended = (hold: Hold | null): boolean =>
      hold !== null && (reasons === 'all' || reasons.includes(hold.reason));
    if (ended(this.storeHold)) {
      this.storeHold = null;
      this.storeBackoff = null;
    }
    if (ended(this.token.hold)) this.token.hold = null;
    for (const turn of this.turns.values()) {
      if (!ended(turn.hold)) continue;
      turn.hold = null;
      turn.backoff = null;
    }
  }

  private waitMs(verdict: RetryWait, backoff: IBackoff<unknown> | null): number {
    const { slowRetryMinMs, slowRetryMaxMs, minRetryMs, maxPushBackoffMs } = agentLimits;
    if (verdict.wait === 'slow') return slowRetryMinMs + this.random() * (slowRetryMaxMs - slowRetryMinMs);
    const ms = verdict.wait === 'backoff' ? (backoff?.duration ?? maxPushBackoffMs) : verdict.wait.ms;
    return Math.max(ms, minRetryMs);
  }

  private turn(entity: string): EntityTurn {
    let turn = this.turns.get(entity);
    if (turn === undefined) {
      turn = { attempt: 0, hold: null, backoff: null, size: new BatchSize() };
      this.turns.set(entity, turn);
    }
    return turn;
  }
}
