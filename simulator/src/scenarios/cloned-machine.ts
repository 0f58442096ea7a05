import type { StoreServer } from '../store-server.js';
import type { Scenario, ScenarioContext } from './scenario.js';

/** Under the minute after which a replaced store server comes back: the clone has no turn. */
const clonedSeconds = 50;
/** Written just before, so that both machines have them to push. */
const sharedSales = 10;

/**
 * The store server's disk was copied, with the token on it, and both machines run. Each pushes what both have; the
 * original, which comes last, is the store's connection, and its clone hears that it was replaced.
 */
export const clonedMachine: Scenario = async (store, context) => {
  const { pause, say } = context;
  for (let sold = 0; sold < sharedSales; sold += 1) store.sell();
  const clone = await cloneOf(store.server, context);
  try {
    say('a clone of the store server runs beside it, with the same disk and token');
    await pause(clonedSeconds);
  } finally {
    await clone.scrap();
    say('the clone is switched off');
  }
};

async function cloneOf(server: StoreServer, { until }: ScenarioContext): Promise<StoreServer> {
  let clone: StoreServer | undefined;
  await server.switchOff();
  try {
    const started = (clone = await server.startClone());
    await until('the clone is connected', () => started.running.status().connected);
    return started;
  } catch (error) {
    await clone?.scrap();
    throw error;
  } finally {
    await server.switchOn();
  }
}
