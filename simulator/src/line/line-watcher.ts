/** One direction of one connection. */
export interface LineFlow {
  /** Of the line, from 1. */
  readonly connection: number;
  readonly towards: 'hq' | 'store';
}

/** Sees what a line does; whatever of it one wants to see. */
export interface LineWatcher {
  /** A segment has left the bottleneck, for its other end or to be lost. */
  sent?(flow: LineFlow): void;
  /** It comes again after `againAfterMs`, behind what is queued then; `queueMs` is queued now. */
  lost?(flow: LineFlow, loss: { bytes: number; againAfterMs: number; queueMs: number }): void;
  /** One that was lost has come, this much later than undisturbed. */
  recovered?(flow: LineFlow, stallMs: number): void;
  /** Bytes have come out at the other end, in order. */
  delivered?(flow: LineFlow, payload: Buffer): void;
}
