import { currentSchemaVersion } from '@hq-sync/protocol/version';
import type { Scenario } from './scenario.js';

const outdatedSeconds = 70;

/**
 * The store server comes up with the software of before the last schema change: it is connected, its pushes are
 * refused and wait. After the update what waited is upgraded and sent.
 */
export const oldSchema: Scenario = async (store, { pause, say }) => {
  const { agentVersion } = store.server;
  say('the store server starts with an old version of its software');
  await store.server.restart({ schemaVersion: currentSchemaVersion - 1, agentVersion: 'store-agent/0.0.9' });
  try {
    await pause(outdatedSeconds);
  } finally {
    const { pendingRecords } = store.server.running.status();
    say(`the store server is updated; ${pendingRecords} records wait`);
    await store.server.restart({ schemaVersion: currentSchemaVersion, agentVersion });
  }
};
