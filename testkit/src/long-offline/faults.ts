import { isFlat } from './flat-memory.js';
import type { LongOfflineReport } from './long-offline.js';

/** Why HQ does not hold exactly what was sold, or the run did not show what it is for. */
export function faultsOf({ backlogs }: LongOfflineReport): string[] {
  return [
    ...(backlogs[0].pushed.batchesTooLarge === 0 ? ['no batch was too large'] : []),
    ...backlogs.flatMap(({ pushed: { restarts, otherFailures }, differences }, index) =>
      [
        ...differences,
        ...otherFailures.map((failure) => `failed: ${failure}`),
        ...(restarts > 0 ? [`${restarts} programs had to be started again`] : []),
      ].map((fault) => `backlog ${index + 1}: ${fault}`),
    ),
  ];
}

/** What grew, or could not be read often enough to say that it did not. */
export function memoryFaultsOf({ growths }: Pick<LongOfflineReport, 'growths'>): string[] {
  return growths
    .filter((growth) => !isFlat(growth))
    .map(
      ({ what, share, maxShare }) =>
        `${what}: ${(share * 100).toFixed(1)} %, the bound is ${maxShare * 100} %`,
    );
}
