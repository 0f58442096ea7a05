/** What is killed, and when: at any moment, or between a commit and its answer. */
export const killKinds = [
  'collector',
  'agents',
  'postgres',
  'collector before its answer',
  'agents before the answer',
  'postgres before its answer',
] as const;
export type KillKind = (typeof killKinds)[number];

export interface PlannedKill {
  readonly kind: KillKind;
  /** Pause before it, milliseconds. */
  readonly afterMs: number;
  /** Which of several processes: any number, to be taken modulo theirs. */
  readonly which: number;
}

const shortestPauseMs = 3_000;
const longestPauseMs = 5_500;

/** At least two of each kind, in an order of the seed's own. */
export function killPlan(seed: number, kills: number): PlannedKill[] {
  const random = randomOf(seed);
  const kinds = Array.from({ length: kills }, (_, index) => killKinds[index % killKinds.length]!);
  for (let index = kinds.length - 1; index > 0; index -= 1) {
    const other = Math.floor(random() * (index + 1));
    [kinds[index], kinds[other]] = [kinds[other]!, kinds[index]!];
  }
  return kinds.map((kind) => ({
    kind,
    afterMs: shortestPauseMs + random() * (longestPauseMs - shortestPauseMs),
    which: Math.floor(random() * 1_000_000),
  }));
}

/** mulberry32: small, seeded, good enough to choose an order. */
function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
