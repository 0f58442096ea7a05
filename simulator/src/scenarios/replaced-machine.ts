import type { Scenario } from './scenario.js';

const downSeconds = 30;

/**
 * The store server breaks down, and another machine with an empty disk gets its token. It pulls everything of HQ by
 * itself; the sales that HQ has from the old one still count, once.
 */
export const replacedMachine: Scenario = async (store, { pause, say, until }) => {
  await until('nothing is left to push', () => store.server.running.status().pendingRecords === 0);
  say('the store server breaks down');
  await store.server.switchOff();
  try {
    await pause(downSeconds);
  } finally {
    say('a new machine with an empty disk takes its place, with the same token');
    await store.server.replaceMachine();
    store.resumeTills();
  }
};
