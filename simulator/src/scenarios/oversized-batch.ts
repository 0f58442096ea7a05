import type { Scenario } from './scenario.js';
import { sellMany } from './sell-many.js';

/** Records that are certainly over a limit of 200 a batch, which the demo gives its HQ. */
const wantedSales = 300;
const salesPerSecond = 25;
const settleSeconds = 1;

/**
 * The store server's machine is replaced. The POS writes its newest sales to the new one, which sends them before HQ
 * has told it how much it takes: HQ answers 413, the batch is split, and all of it is known already.
 */
export const oversizedBatch: Scenario = async (store, context) => {
  const { pause, say, until } = context;
  await sellMany(store, Math.max(0, wantedSales - store.recentSales.length), salesPerSecond, context);
  await until('nothing is left to push', () => store.server.running.status().pendingRecords === 0);
  say(`the store server is replaced; the POS writes its last ${store.recentSales.length} sales again`);
  await store.server.replaceMachine();
  // In the same turn of the event loop: the first batch is made before HQ's welcome has said HQ's limits.
  store.server.running.enqueueAll('sales', store.recentSales);
  // Not at once: another entity's batch might go first, and HQ's welcome would come before the sales.
  await pause(settleSeconds);
  store.resumeTills();
};
