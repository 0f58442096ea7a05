import { performance } from 'node:perf_hooks';
import { setImmediate } from 'node:timers/promises';

/** How long work on the whole fleet may hold the event loop before sockets and timers get their turn. */
export const maxSliceMs = 4;

/**
 * Cuts long work: `if (slice.isOver()) await slice.next()` wherever the work may pause. The first pause is due at once,
 * for whoever calls has worked already: one long work after the other made turns of 27 ms.
 */
export class LoopSlice {
  #startedAt = -Infinity;

  isOver(): boolean {
    return performance.now() - this.#startedAt >= maxSliceMs;
  }

  async next(): Promise<void> {
    await setImmediate();
    this.#startedAt = performance.now();
  }
}
