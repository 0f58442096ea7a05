import { randomOf } from '@hq-sync/simulator/random';

/** What is killed, and when: between a commit and its answer, at any moment, or while resyncs are under way. */
export const killKinds = [
  'collector before its answer',
  'agents before the answer',
  'postgres before its answer',
  'collector',
  'agents',
  'postgres',
  'collector in a resync',
  'agents in a resync',
  'postgres in a resync',
] as const;
export type KillKind = (typeof killKinds)[number];

export interface PlannedKill {
  readonly kind: KillKind;
  /** Pause before it, milliseconds. */
  readonly afterMs: number;
  /** Which of several processes, stores or pages: any number, to be taken modulo theirs. */
  readonly which: number;
}

const shortestPauseMs = 2_500;
const longestPauseMs = 5_000;

/** The kinds as often as each other (the earlier ones once more), in an order of the seed's own. */
export function killPlan(seed: number, kills: number): PlannedKill[] {
  const random = randomOf(`kills ${seed}`);
  const kinds = Array.from({ length: kills }, (_, index) => killKinds[index % killKinds.length]!);
  for (let index = kinds.length - 1; index > 0; index -= 1) {
    const other = random.int(0, index);
    [kinds[index], kinds[other]] = [kinds[other]!, kinds[index]!];
  }
  return kinds.map((kind) => ({
    kind,
    afterMs: random.int(shortestPauseMs, longestPauseMs),
    which: random.int(0, 1_000_000),
  }));
}
