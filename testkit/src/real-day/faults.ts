import type { RealDayReport } from './real-day.js';

export function totalKills(report: RealDayReport): number {
  return Object.values(report.kills).reduce((sum, kills) => sum + kills, 0);
}

/** Kills between a commit and its answer. */
export function commitKills(report: RealDayReport): number {
  return Object.entries(report.kills).reduce(
    (sum, [kind, kills]) => sum + (kind.includes('answer') ? kills : 0),
    0,
  );
}

/** Why a run proves nothing, or proves the product wrong. */
export function faultsOf(report: RealDayReport): string[] {
  return [
    ...report.differences,
    ...(report.seconds < 60 ? ['it took less than 60 s'] : []),
    ...(totalKills(report) < 10 ? ['fewer than 10 kills'] : []),
    ...(commitKills(report) < 3 ? ['fewer than 3 kills between a commit and its answer'] : []),
    ...(report.retries === 0 ? ['no retry'] : []),
    ...(report.duplicates === 0 ? ['no duplicate answer'] : []),
    ...(report.replaced === 0 ? ['no replaced revision'] : []),
    ...Object.entries(report.durability).flatMap(([name, value]) =>
      value === 'on' ? [] : [`${name} is ${value}`],
    ),
  ];
}
