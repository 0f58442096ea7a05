import { chainDataDir, readChainDay } from './chain-data.js';
import { commitKills, faultsOf, totalKills } from './faults.js';
import { runRealDay, type RealDayReport } from './real-day.js';

const defaultSeeds = 5;
const kills = 15;

/** `npm run test:real-day [-- SEEDS]`: a real day under kills, seed by seed; ends with 1 when any is not exact. */
async function main(): Promise<void> {
  if (!chainDataDir) {
    process.stderr.write("HQ_CHAIN_DATA is not set: it names the folder with the real chain's data.\n");
    process.exit(2);
  }
  const day = readChainDay(chainDataDir);
  const seeds = Number(process.argv[2] ?? defaultSeeds);
  let failed = false;
  for (let seed = 1; seed <= seeds; seed += 1) {
    const report = await runRealDay(day, seed, { kills, say: (line) => process.stdout.write(`  ${line}\n`) });
    const faults = faultsOf(report);
    process.stdout.write(`${lineOf(report)}\n${faults.map((fault) => `  FAULT ${fault}\n`).join('')}`);
    failed ||= faults.length > 0;
  }
  process.exit(failed ? 1 : 0);
}

function lineOf(report: RealDayReport): string {
  const { seed, seconds, retries, duplicates, replaced, durability, differences } = report;
  const settings = Object.entries(durability)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ');
  return `seed ${seed}: ${seconds} s, ${totalKills(report)} kills (${commitKills(report)} between a commit and its answer), ${retries} retries, ${duplicates} duplicate answers, ${replaced} replaced revisions, ${differences.length} differences; ${settings}`;
}

await main();
