import type { Socket } from 'node:net';
import { maxPayloadBytes, minTimeoutMs } from './line-shape.js';

/** A piece of a flow, or its end. */
export interface Segment {
  readonly flow: Flow;
  readonly sequence: number;
  readonly payload: Buffer | 'end';
  readonly queuedAtMs: number;
  losses: number;
  lostAtMs: number;
}

/** One connection's bytes in one direction: cut into segments at one end, delivered in order at the other. */
export class Flow {
  private taken = 0;
  private delivered = 0;
  private readonly early = new Map<number, Segment>();
  private sourceEnded = false;
  private endTaken = false;
  private smoothedRoundTripMs: number | undefined;

  constructor(
    private readonly source: Socket,
    private readonly target: Socket,
    private readonly onDelivered: (payload: Buffer) => void,
    onReadable: () => void,
    /** E.g. `push to HQ`. */
    readonly name: () => string,
  ) {
    source.on('readable', onReadable);
    source.on('end', () => {
      this.sourceEnded = true;
      onReadable();
    });
  }

  /** The next segment, if the source has one. */
  take(): Segment | null {
    const bytes = Math.min(this.source.readableLength, maxPayloadBytes);
    const payload = (bytes > 0 ? this.source.read(bytes) : this.source.read(0)) as Buffer | null;
    if (payload) return this.segment(payload);
    if (!this.sourceEnded || this.endTaken) return null;
    this.endTaken = true;
    return this.segment('end');
  }

  /** Delivers this segment, and those that waited for it. */
  arrive(segment: Segment): void {
    this.early.set(segment.sequence, segment);
    for (let next = this.early.get(this.delivered); next; next = this.early.get(this.delivered)) {
      this.early.delete(this.delivered);
      this.delivered += 1;
      if (this.target.destroyed) continue;
      if (next.payload === 'end') this.target.end();
      else {
        this.target.write(next.payload);
        this.onDelivered(next.payload);
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
