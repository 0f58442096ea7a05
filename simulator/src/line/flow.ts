import type { Socket } from 'node:net';
import { maxPayloadBytes, minTimeoutMs } from './line-shape.js';
import type { LineFlow, LineWatcher } from './line-watcher.js';

/** A piece of a flow, or its end. */
export interface Segment {
  readonly flow: Flow;
  readonly sequence: number;
  readonly payload: Buffer | 'end';
  readonly queuedAtMs: number;
  losses: number;
  lostAtMs: number;
}

export interface FlowParts extends LineFlow {
  readonly source: Socket;
  readonly target: Socket;
  readonly watcher: LineWatcher | undefined;
  /** There may be something to take. */
  readonly onReadable: () => void;
}

/** One connection's bytes in one direction: cut into segments at one end, delivered in order at the other. */
export class Flow implements LineFlow {
  readonly connection: number;
  readonly towards: LineFlow['towards'];
  private taken = 0;
  private delivered = 0;
  private readonly early = new Map<number, Segment>();
  private sourceEnded = false;
  private endTaken = false;
  private smoothedRoundTripMs: number | undefined;

  constructor(private readonly parts: FlowParts) {
    const { connection, towards, source, target, onReadable } = parts;
    this.connection = connection;
    this.towards = towards;
    source.on('readable', onReadable);
    source.on('end', () => {
      this.sourceEnded = true;
      onReadable();
    });
    target.on('drain', onReadable);
  }

  /** The next segment, if the source has one and the target reads. */
  take(): Segment | null {
    const { source, target } = this.parts;
    if (target.writableNeedDrain) return null;
    const bytes = Math.min(source.readableLength, maxPayloadBytes);
    const payload = (bytes > 0 ? source.read(bytes) : source.read(0)) as Buffer | null;
    if (payload) return this.segment(payload);
    if (!this.sourceEnded || this.endTaken) return null;
    this.endTaken = true;
    return this.segment('end');
  }

  /** Delivers this segment, and those that waited for it. */
  arrive(segment: Segment): void {
    const { target, watcher } = this.parts;
    this.early.set(segment.sequence, segment);
    for (let next = this.early.get(this.delivered); next; next = this.early.get(this.delivered)) {
      this.early.delete(this.delivered);
      this.delivered += 1;
      if (target.destroyed) continue;
      if (next.payload === 'end') target.end();
      else {
        target.write(next.payload);
        watcher?.delivered?.(this, next.payload);
      }
    }
  }

  measured(roundTripMs: number): void {
    this.smoothedRoundTripMs = ((this.smoothedRoundTripMs ?? roundTripMs) * 7 + roundTripMs) / 8;
  }

  get roundTripMs(): number {
    return Math.max(minTimeoutMs, this.smoothedRoundTripMs ?? 0);
  }

  /** Linux's tail loss probe comes after two round trips; before any was measured the timeout is the least one. */
  get timeoutMs(): number {
    return Math.max(minTimeoutMs, 2 * (this.smoothedRoundTripMs ?? 0));
  }

  private segment(payload: Segment['payload']): Segment {
    const sequence = this.taken;
    this.taken += 1;
    return { flow: this, sequence, payload, queuedAtMs: performance.now(), losses: 0, lostAtMs: 0 };
  }
}
