import type { SimulatedStore } from '../store.js';
import type { ScenarioContext } from './scenario.js';

/** Sells beside what the store sells anyway. Each sale is an fsync, and the other stores of the process want their turns. */
export async function sellMany(
  store: SimulatedStore,
  count: number,
  salesPerSecond: number,
  { pause }: Pick<ScenarioContext, 'pause'>,
): Promise<void> {
  for (let sold = 1; sold <= count; sold += 1) {
    store.sell();
    if (sold % salesPerSecond === 0) await pause(1);
  }
}
