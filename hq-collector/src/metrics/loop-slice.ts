import { performance } from 'node:perf_hooks';
import { setImmediate } from 'node:timers/promises';

/** How long work on the whole fleet may hold the event loop before sockets and timers get their turn. */
export const maxSliceMs = 4;

/** Cuts long work: `if (slice.isOver()) await slice.next()` wherever the work may pause. */
export class LoopSlice {
  #startedAt = performance.now();

  isOver(): boolean {
    return performance.now() - this.#startedAt >= maxSliceMs;
  }

  async next(): Promise<void> {
    await setImmediate();
    this.#startedAt = performance.now();
  }
}
