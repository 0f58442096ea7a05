import type { FleetScenario } from './scenario.js';

/** A ring of cables dies within this time. */
const withinSeconds = 3;
const cutSeconds = 50;

/** All stores of a region lose their lines within seconds, and get them back in one moment; the tills go on selling. */
export const regionCut: FleetScenario = async (stores, { pause, random, say }) => {
  const region = stores[0]?.chainStore.region ?? 'the region';
  say(`a provider fails: all ${stores.length} stores of ${region} lose their lines`);
  try {
    await Promise.all(
      stores.map(async ({ server }) => {
        await pause(random.next() * withinSeconds);
        server.line.cut();
      }),
    );
    await pause(cutSeconds);
  } finally {
    say(`the lines of ${region} are back`);
    for (const { server } of stores) server.line.restore();
  }
};
