import type { Scenario } from './scenario.js';

const offlineSeconds = 75;

/** The line is cut, the POS goes on selling; when the line is back, the backlog is pushed. */
export const offlineAndBack: Scenario = async (store, { pause, say }) => {
  say('the line is cut; the tills go on selling');
  store.server.line.cut();
  try {
    await pause(offlineSeconds);
  } finally {
    const { pendingRecords } = store.server.running.status();
    say(`the line is back; ${pendingRecords} records wait to be pushed`);
    store.server.line.restore();
  }
};
