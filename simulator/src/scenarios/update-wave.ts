import type { SimulatedStore } from '../store.js';
import type { FleetScenario, ScenarioContext } from './scenario.js';

const waveSeconds = 90;
/** A small wave need not take so long. */
const maxGapSeconds = 15;
const downSeconds = 12;

/** The store servers are updated one after the other; each is down for some seconds and comes back with a newer agent. */
export const updateWave: FleetScenario = async (stores, context) => {
  const { pause, say } = context;
  // A machine that is off at night gets its update another day.
  const wave = stores.filter(({ server }) => server.up);
  const version = nextVersion(wave.map(({ server }) => server.agentVersion));
  if (version === undefined) return;
  say(`an update wave to ${version} begins: ${wave.length} stores`);
  const gapSeconds = Math.min(maxGapSeconds, waveSeconds / wave.length);
  const updates: Promise<void>[] = [];
  try {
    for (const store of wave) {
      const updating = update(store, version, context);
      updating.catch(() => undefined); // looked at when the wave is over
      updates.push(updating);
      await pause(gapSeconds);
    }
  } finally {
    const ended = await Promise.allSettled(updates);
    const updated = ended.filter(({ status }) => status === 'fulfilled').length;
    say(`${updated} of ${wave.length} stores are back with ${version}`);
  }
  await Promise.all(updates);
};

async function update(
  { server }: SimulatedStore,
  agentVersion: string,
  { pause }: ScenarioContext,
): Promise<void> {
  if (!server.up) return;
  await server.switchOff();
  await pause(downSeconds).finally(() => server.switchOn({ agentVersion }));
}

/** The newest of them with its last number raised by one; undefined for none. */
function nextVersion(versions: readonly string[]): string | undefined {
  const newest = versions
    .toSorted((left, right) => left.localeCompare(right, 'en', { numeric: true }))
    .at(-1);
  return newest?.replace(/\d+$/, (number) => String(Number(number) + 1));
}
