import type { LineFlow, LineWatcher } from '@hq-sync/simulator/line/line-watcher';
import { Arrivals, type Purpose } from './arrivals.js';
import { LineTrace } from './line-trace.js';

/** What went through one store's line: figures of the whole run, and the last seconds in words. */
export class LineRecorder implements LineWatcher {
  readonly arrivals = new Arrivals();
  readonly trace = new LineTrace();
  /** Milliseconds each: how much later than undisturbed a lost segment came. */
  readonly stallsMs: number[] = [];
  segments = 0;
  lostSegments = 0;
  bytesToStore = 0;
  /** What the line did in the seconds before the end of the longest time without a byte at HQ. */
  longestGapTrace: readonly string[] = [];
  /** By connection, from its first bytes at HQ on. */
  private readonly purposes = new Map<number, Purpose>();

  sent(): void {
    this.segments += 1;
  }

  lost(
    flow: LineFlow,
    { bytes, againAfterMs, queueMs }: { bytes: number; againAfterMs: number; queueMs: number },
  ): void {
    this.lostSegments += 1;
    this.trace.note(
      `${this.nameOf(flow)}: ${bytes} bytes lost, sent again after ${Math.round(againAfterMs)} ms, ${Math.round(queueMs)} ms of queue`,
    );
  }

  recovered(_flow: LineFlow, stallMs: number): void {
    this.stallsMs.push(stallMs);
  }

  delivered(flow: LineFlow, payload: Buffer): void {
    if (flow.towards === 'hq') this.arrived(flow, payload);
    else this.bytesToStore += payload.length;
    this.trace.note(`${this.nameOf(flow)}: arrived`);
  }

  private arrived({ connection }: LineFlow, payload: Buffer): void {
    const purpose =
      this.purposes.get(connection) ??
      (payload.toString('latin1', 0, 5) === 'POST ' ? ('push' as const) : ('socket' as const));
    this.purposes.set(connection, purpose);
    const longestMs = this.arrivals.longestGapMs;
    const atMs = performance.now();
    this.arrivals.add({ purpose, bytes: payload.length, atMs });
    if (this.arrivals.longestGapMs > longestMs) this.longestGapTrace = this.trace.before(atMs);
  }

  private nameOf({ connection, towards }: LineFlow): string {
    return `${this.purposes.get(connection) ?? 'new connection'} to ${towards === 'hq' ? 'HQ' : 'the store'}`;
  }
}
