import type { KillKind } from './kill-plan.js';
import type { RealDayReport } from './real-day.js';

/** All of them, or those that `counts` picks. */
export function killsOf(
  { kills }: Pick<RealDayReport, 'kills'>,
  counts: (kind: KillKind) => boolean = () => true,
): number {
  return (Object.keys(kills) as KillKind[]).filter(counts).reduce((sum, kind) => sum + kills[kind], 0);
}

/** Between a commit and its answer. */
export const atAnswer = (kind: KillKind): boolean => kind.includes('answer');
/** While stores read everything again, at one of their pages. */
export const inResync = (kind: KillKind): boolean => kind.endsWith('resync');

/** Why a run proves nothing, or proves the product wrong. */
export function faultsOf(report: RealDayReport): string[] {
  return [
    ...report.differences,
    ...(report.seconds < 60 ? ['it took less than 60 s'] : []),
    ...(killsOf(report) < 10 ? ['fewer than 10 kills'] : []),
    ...(killsOf(report, atAnswer) < 3 ? ['fewer than 3 kills between a commit and its answer'] : []),
    ...(killsOf(report, inResync) < 3 ? ['fewer than 3 kills in a resync'] : []),
    ...(report.retries === 0 ? ['no retry'] : []),
    ...(report.duplicates === 0 ? ['no duplicate answer'] : []),
    ...(report.replaced === 0 ? ['no replaced revision'] : []),
    ...(report.changes < 20 ? ['fewer than 20 changes at HQ'] : []),
    ...(report.resyncsDone < 10 ? ['fewer than 10 resyncs'] : []),
    ...Object.entries(report.durability).flatMap(([name, value]) =>
      value === 'on' ? [] : [`${name} is ${value}`],
    ),
  ];
}
