/** What a line does to whatever goes through it, the same in both directions. */
export interface LineShape {
  readonly bytesPerSecond: number;
  readonly oneWayMs: number;
  /** Of the segments that leave the bottleneck. */
  readonly lossShare: number;
}

/** 128 kbit/s, 1 s round trip, 2 % loss: what a store must bear without a disconnect. */
export const thinLine: LineShape = { bytesPerSecond: 16_000, oneWayMs: 500, lossShare: 0.02 };

/** No slower than the machine. */
export const fastLine: LineShape = { bytesPerSecond: Infinity, oneWayMs: 0, lossShare: 0 };

/** 2 s of a thin line: the most that a sensible modem buffers, and the longest that a pong waits behind a backlog. */
export const queueLimitBytes = 32_000;

/** 1,500 bytes on the wire. */
export const maxPayloadBytes = 1_460;
export const headerBytes = 40;

/** RFC 6298: the first timeout, and the least one. */
export const minTimeoutMs = 1_000;
/** A segment with this many later ones behind it is known to be lost after a round trip; any other after a timeout. */
export const duplicateAcks = 3;
