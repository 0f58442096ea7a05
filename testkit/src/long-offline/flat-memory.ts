import { percentile } from '../red-green/measured.js';
import type { MemorySample, Phase } from './memory-recorder.js';

/** Of a phase: a full garbage collection was before it, and the heap takes its size again. */
const warmUpShare = 1 / 3;
/**
 * Resident memory swings by 40 MiB of some 130, as the garbage collector gives memory back and takes it again when it
 * likes: -19 % between the halves of a phase was seen. It is there for what is outside the heap.
 */
export const maxResidentGrowth = 0.25;
/**
 * What is held swings by 1.5 MiB of some 20, as more code has run. A program that held the 1 KiB of each record would hold
 * 65 MiB more after 15 years; 60 bytes of each are noticed.
 */
export const maxHeldGrowth = 0.2;
/** Fewer say nothing of half a phase. */
const minReadings = 10;

export interface Growth {
  /** E.g. `agent, held when pushed`. */
  readonly what: string;
  readonly fromBytes: number;
  readonly toBytes: number;
  /** Of `fromBytes`; negative when it shrank. */
  readonly share: number;
  readonly maxShare: number;
}

/** From the median of the first half of a phase, after its warm-up, to that of the second; NaN without enough readings. */
export function residentGrowth(
  what: string,
  samples: readonly MemorySample[],
  phase: Phase,
  gauge: number,
): Growth {
  const readings = samples
    .filter((sample) => sample.phase === phase)
    .map(({ bytes }) => bytes[gauge] ?? NaN)
    .filter((bytes) => !Number.isNaN(bytes));
  const warm = readings.slice(Math.floor(readings.length * warmUpShare));
  const half = Math.floor(warm.length / 2);
  const median = (part: readonly number[]) => (part.length < minReadings ? NaN : percentile(part, 0.5));
  return growth(what, median(warm.slice(0, half)), median(warm.slice(half)), maxResidentGrowth);
}

/** From what is held after a short backlog to what is held after a long one. */
export function heldGrowth(what: string, shortBytes: number, longBytes: number): Growth {
  return growth(what, shortBytes, longBytes, maxHeldGrowth);
}

export function isFlat({ share, maxShare }: Growth): boolean {
  return share <= maxShare;
}

function growth(what: string, fromBytes: number, toBytes: number, maxShare: number): Growth {
  return { what, fromBytes, toBytes, share: toBytes / fromBytes - 1, maxShare };
}
