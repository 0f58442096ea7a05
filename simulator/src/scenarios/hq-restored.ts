import type { FleetScenario } from './scenario.js';

const lostSeconds = 60;
const shownSeconds = 30;

/**
 * HQ's database is lost, and a backup of a minute ago takes its place. The stores push again what HQ has forgotten,
 * each record counts once, and they pull what HQ publishes now.
 */
export const hqRestored: FleetScenario = async (stores, { hq, pause, say, until }) => {
  if (hq === undefined) throw new Error('nobody here can restore HQ');
  say('HQ is stopped for a backup of its database');
  await hq.backUp();
  say('HQ is back; what it gets from now on will be lost');
  await pause(lostSeconds);
  say(`HQ is restored from the backup of ${lostSeconds} s ago`);
  await hq.restore();
  await until('the stores are connected', () =>
    stores.every(({ server }) => !server.up || server.running.status().connected),
  );
  say(`all ${stores.length} stores are back; they push again what HQ lacks`);
  await pause(shownSeconds);
};
