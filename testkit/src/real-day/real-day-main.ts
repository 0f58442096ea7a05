import { parseArgs } from 'node:util';
import { chainDataDir, readChainDay, type ChainDay } from './chain-data.js';
import { faultsOf } from './faults.js';
import type { MachineReport } from './machines/machine-run.js';
import { runMachines } from './machines/machines.js';
import { runRealDay, type RealDayReport } from './real-day.js';
import { daysTable, keepResults, machinesTable } from './results.js';

const kills = 18;
const products = 3_000;

/**
 * `npm run test:real-day [-- --seeds 5 --first 1 --machines --write]`: a real day under kills, seed by seed, or the runs of
 * machines that are replaced, restored and cloned. `--write` keeps the figures in docs/results. Ends with 1 when any
 * run is not exact.
 */
async function main(): Promise<number> {
  if (!chainDataDir) {
    process.stderr.write("HQ_CHAIN_DATA is not set: it names the folder with the real chain's data.\n");
    return 2;
  }
  const { values } = parseArgs({
    options: {
      seeds: { type: 'string', default: '5' },
      first: { type: 'string', default: '1' },
      machines: { type: 'boolean', default: false },
      write: { type: 'boolean', default: false },
    },
  });
  const [seeds, first] = [Number(values.seeds), Number(values.first)];
  for (const number of [seeds, first])
    if (!Number.isInteger(number) || number < 1)
      throw new Error('--seeds and --first are whole numbers above 0');
  const day = readChainDay(chainDataDir);
  const { table, faults } = values.machines ? await machines(day, first) : await days(day, first, seeds);
  process.stdout.write(`${table}\n`);
  if (values.write) await keepResults(values.machines ? 'Machines' : 'Days', table);
  return faults === 0 ? 0 : 1;
}

async function days(day: ChainDay, first: number, seeds: number) {
  const reports: RealDayReport[] = [];
  let faults = 0;
  for (let seed = first; seed < first + seeds; seed += 1) {
    const report = await runRealDay(day, seed, { kills, products, say: sayIndented }).catch(
      (error: unknown) => String(error),
    );
    if (typeof report !== 'string') {
      reports.push(report);
      sayIndented(JSON.stringify(report));
    }
    faults += sayFaults(`seed ${seed}`, typeof report === 'string' ? [report] : faultsOf(report));
  }
  return { table: daysTable(reports), faults };
}

async function machines(day: ChainDay, seed: number) {
  const reports: MachineReport[] = [];
  let faults = 0;
  await runMachines(day, { seed, products }, (report) => {
    reports.push(report);
    faults += sayFaults(`${report.name}, ${report.seconds} s`, report.differences);
    for (const line of report.happened) sayIndented(line);
  });
  return { table: machinesTable(reports), faults };
}

function sayIndented(line: string): void {
  process.stdout.write(`  ${line}\n`);
}

function sayFaults(what: string, faults: readonly string[]): number {
  process.stdout.write(`${what}: ${faults.length === 0 ? 'exact' : `${faults.length} faults`}\n`);
  for (const fault of faults) process.stdout.write(`  FAULT ${fault}\n`);
  return faults.length;
}

process.exit(await main());
