import { errors } from '@hq-sync/protocol/error-code';
import { limits } from '@hq-sync/protocol/limits';
import { decorrelatedJitterGenerator, ExponentialBackoff, type IBackoff } from 'cockatiel';
import type { ConnectionEnd } from './connection.js';
import { agentLimits } from './limits.js';

/** Wait before the next connection, ms, within [minMs, maxMs]; `backoff` grows from try to try. */
export type ReconnectRule = { minMs: number; maxMs: number } | 'backoff';

/** How long to stay away after a connection ended so. Pure; the numbers are in `limits.ts`. */
export function reconnectRule(end: ConnectionEnd): ReconnectRule {
  const { slowRetryMinMs, slowRetryMaxMs, waitJitterMs } = agentLimits;
  const slowly = { minMs: slowRetryMinMs, maxMs: slowRetryMaxMs };
  const afterReplaced = { minMs: limits.replacedWaitMs, maxMs: limits.replacedWaitMs + waitJitterMs };
  if (end.goodbyeMs !== undefined) return exactly(Math.min(end.goodbyeMs, agentLimits.maxRetryAfterMs));
  switch (end.closeCode) {
    case errors.replaced.close:
    case errors.frame_flood.close:
      return afterReplaced;
    case errors.token_unknown.close:
    case errors.store_mismatch.close:
    case errors.hello_expected.close:
    case errors.frame_too_large.close:
      return slowly;
  }
  switch (end.httpStatus) {
    case 400:
    case 401:
    case 403:
    case 426:
      return slowly;
  }
  return end.retryAfterMs === undefined ? 'backoff' : exactly(end.retryAfterMs);
}

export function isTokenRejected(end: ConnectionEnd): boolean {
  return (
    end.httpStatus === errors.token_unknown.status ||
    end.closeCode === errors.token_unknown.close ||
    end.closeCode === errors.store_mismatch.close
  );
}

function exactly(ms: number): ReconnectRule {
  return { minMs: ms, maxMs: ms };
}

const backoffs = new ExponentialBackoff({
  initialDelay: agentLimits.reconnectBackoffMs,
  maxDelay: agentLimits.maxReconnectMs,
  generator: decorrelatedJitterGenerator,
});

/** Turns ends of connections into waits. */
export class Reconnect {
  private backoff: IBackoff<unknown> | null = null;

  constructor(private readonly random: () => number = Math.random) {}

  /** How long to wait before the next try, ms. The growing waits start afresh after a connection that lasted. */
  waitAfter(end: ConnectionEnd): number {
    const rule = reconnectRule(end);
    if (rule !== 'backoff') return this.between(rule.minMs, rule.maxMs);
    if (end.welcomed && end.lastedMs >= agentLimits.steadyConnectionMs) {
      this.backoff = null;
      return this.between(agentLimits.firstReconnectMinMs, agentLimits.firstReconnectMaxMs);
    }
    this.backoff = (this.backoff ?? backoffs).next(undefined);
    const ms = this.backoff.duration * this.between(0.75, 1);
    // a try that timed out has waited already: tries begin at most `maxReconnectMs` apart, however each one fails
    return Math.max(agentLimits.minRetryMs, end.welcomed ? ms : ms - end.lastedMs);
  }

  private between(min: number, max: number): number {
    return min + this.random() * (max - min);
  }
}
