import type { Scenario } from './scenario.js';

const silentSeconds = 50;

/** Nothing comes through and nobody is told: HQ has to find out by itself. */
export const silentNetwork: Scenario = async (store, { pause, say }) => {
  say('the network goes silent, with the connection open');
  store.server.line.silence();
  try {
    await pause(silentSeconds);
  } finally {
    say('the network is back');
    store.server.line.restore();
  }
};
