import type { Scenario } from './scenario.js';

/** Records that are certainly over a limit of 200 a batch, which the demo gives its HQ. */
const wantedSales = 300;
const settleSeconds = 1;
const maxSettleTries = 60;

/**
 * The store server's machine is replaced. The POS writes its newest sales to the new one, which sends them before HQ
 * has told it how much it takes: HQ answers 413, the batch is split, and all of it is known already.
 */
export const oversizedBatch: Scenario = async (store, { pause, say }) => {
  while (store.recentSales.length < wantedSales) {
    store.sell();
    if (store.recentSales.length % 25 === 0) await pause(settleSeconds);
  }
  for (let tries = 0; store.server.running.status().pendingRecords > 0; tries += 1) {
    if (tries >= maxSettleTries) return;
    await pause(settleSeconds / 10);
  }
  say(`the store server is replaced; the POS writes its last ${store.recentSales.length} sales again`);
  await store.server.replaceMachine('sales', store.recentSales);
  // Not at once: another entity's batch might go first, and HQ's welcome would come before the sales.
  await pause(settleSeconds);
  store.resumeTills();
};
