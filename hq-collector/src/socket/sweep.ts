import type { LivenessClock } from '../fleet/liveness-clock.js';
import type { ConnectionRules, StoreConnection } from './connection.js';

/** How often every connection is looked at. Bounds how much later than its limit silence is seen. */
export const sweepIntervalMs = 250;
/** A tick this late is still punctual: timers of a busy but sound process jitter by some tens of milliseconds. */
export const maxTickMs = sweepIntervalMs + 100;

/** Looks at every open connection, with or without a hello, on the clock that forgives HQ's own delay. */
export function startSweep(
  clock: LivenessClock,
  connections: ReadonlySet<StoreConnection>,
  rules: ConnectionRules,
  onLate: (lateMs: number) => void,
): { stop(): void } {
  const timer = setInterval(() => {
    const lateMs = clock.tick();
    if (lateMs > 0) onLate(lateMs);
    for (const connection of connections) connection.check(rules);
  }, sweepIntervalMs);
  return { stop: () => clearInterval(timer) };
}
