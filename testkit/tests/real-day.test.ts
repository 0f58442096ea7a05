import { expect, test } from '@jest/globals';
import { chainDataDir, readChainDay } from '../src/real-day/chain-data.js';
import { killPlan, killKinds } from '../src/real-day/kill-plan.js';
import { faultsOf } from '../src/real-day/faults.js';
import { runRealDay } from '../src/real-day/real-day.js';

const kills = 12;

if (!chainDataDir)
  process.stderr.write('SKIPPED: HQ_CHAIN_DATA is not set, so the real day under kills is not replayed.\n');
(chainDataDir ? test : test.skip)(
  'a real day under kills comes out exact, to the cent',
  async () => {
    const report = await runRealDay(readChainDay(chainDataDir!), Date.now() % 1_000_000, { kills });
    process.stdout.write(`real day: ${JSON.stringify(report)}\n`);
    expect(faultsOf(report)).toEqual([]);
  },
  420_000,
);

test('a plan of kills has each kind, at least twice in twelve', () => {
  for (let seed = 0; seed < 50; seed += 1) {
    const kinds = killPlan(seed, kills).map((one) => one.kind);
    for (const kind of killKinds)
      expect(kinds.filter((one) => one === kind).length).toBeGreaterThanOrEqual(2);
  }
});
