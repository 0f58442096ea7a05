/**
 * A clock that stands still while this process is late. Silence is measured on it: when HQ itself was busy for five
 * seconds, bytes that came meanwhile are still unread in the kernel, and no store may be given up for HQ's delay.
 */
export class LivenessClock {
  private elapsedMs = 0;
  private lastTickMs: number;

  /** @param maxStepMs the longest step a punctual tick makes; what a late one has beyond it does not count. */
  constructor(
    private readonly maxStepMs: number,
    private readonly monotonicMs: () => number = () => performance.now(),
  ) {
    this.lastTickMs = monotonicMs();
  }

  /** Milliseconds of attentive time. Between two ticks it does not move. */
  now(): number {
    return this.elapsedMs;
  }

  /** To be called by the timer; returns how late it was, in milliseconds. */
  tick(): number {
    const nowMs = this.monotonicMs();
    const stepMs = nowMs - this.lastTickMs;
    this.lastTickMs = nowMs;
    this.elapsedMs += Math.min(stepMs, this.maxStepMs);
    return Math.max(0, stepMs - this.maxStepMs);
  }
}

export type Probe = 'none' | 'ping' | 'give_up';

export interface SilenceRule {
  readonly pingIntervalMs: number;
  readonly silenceLimitMs: number;
}

/**
 * What to do about a connection that has been silent for this long and was pinged that long ago. A busy store is pinged
 * too: the ping is also how the store knows that HQ lives.
 */
export function probe(silentMs: number, sincePingMs: number, rule: SilenceRule): Probe {
  if (silentMs >= rule.silenceLimitMs) return 'give_up';
  if (sincePingMs >= rule.pingIntervalMs) return 'ping';
  return 'none';
}
