import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { chainDataDir, readChainYear } from '../real-day/chain-data.js';
import { faultsOf, memoryFaultsOf } from './faults.js';
import { isFlat } from './flat-memory.js';
import { runLongOffline, type Backlog, type LongOfflineReport } from './long-offline.js';
import { plotMemory } from './memory-plot.js';
import { memoryIsReadable, type Phase } from './memory-recorder.js';
import { readTrade, yearsBefore } from './trade.js';

/** About a quarter of the 500 sales that an agent sends at once before it has been welcomed. */
const maxBatchBytes = 128 * 1_024;
const sampleEveryMs = 1_000;
/** HQ takes no sale from before the year 2000. */
const maxMoreYears = 16;
/** A store that is all wrong has thousands. */
const maxFaultsSaid = 30;
const bytesPerMiB = 1_024 ** 2;

/** `npm run test:long-offline [-- --more-years 15 --plot FILE.svg]`: ends with 1 when HQ is not exact or memory not flat. */
async function main(): Promise<number> {
  const { values } = parseArgs({
    options: { 'more-years': { type: 'string', default: '15' }, plot: { type: 'string' } },
  });
  const moreYears = Number(values['more-years']);
  if (!Number.isInteger(moreYears) || moreYears < 1 || moreYears > maxMoreYears)
    throw new Error(`--more-years is a whole number from 1 to ${maxMoreYears}`);
  if (!chainDataDir) {
    process.stderr.write("HQ_CHAIN_DATA is not set: it names the folder with the real chain's data.\n");
    return 2;
  }
  if (!memoryIsReadable) {
    process.stderr.write("Memory is read from Linux's /proc, which is not here.\n");
    return 2;
  }
  const year = await readTrade(readChainYear(chainDataDir));
  // The year as tills sell it; the many years several sales at once, to be done sooner.
  const backlogs: [Backlog, Backlog] = [
    { trade: year, recordsPerRequest: 1 },
    { trade: yearsBefore(year, moreYears), recordsPerRequest: 5 },
  ];
  const say = (line: string) => void process.stdout.write(`  ${line}\n`);
  const report = await runLongOffline({ backlogs, maxBatchBytes, sampleEveryMs, say });
  if (values.plot !== undefined) writeFileSync(values.plot, plotOf(report, moreYears));

  for (const row of [...rowsOf(report, moreYears), ...rowsOfMemory(report)])
    process.stdout.write(row.length === 0 ? '\n' : `| ${row.join(' | ')} |\n`);
  const faults = [...faultsOf(report), ...memoryFaultsOf(report)];
  if (faults.length > maxFaultsSaid) process.stdout.write(`${faults.length} faults, of them:\n`);
  for (const fault of faults.slice(0, maxFaultsSaid)) process.stdout.write(`FAULT ${fault}\n`);
  return faults.length === 0 ? 0 : 1;
}

function rowsOf({ backlogs }: LongOfflineReport, moreYears: number): string[][] {
  const row = (what: string, of: (backlog: LongOfflineReport['backlogs'][number]) => number) => [
    what,
    ...backlogs.map((backlog) => of(backlog).toLocaleString('en-US', { maximumFractionDigits: 1 })),
  ];
  return [
    ['what', '1 year', `${moreYears} more`],
    ['-', '-:', '-:'],
    row('business dates', ({ sold }) => sold.dates),
    row('records', ({ sold }) => sold.records),
    row('s until the store server had them on disk', ({ sold }) => sold.seconds),
    row('s from HQ’s return until the queue was empty', ({ pushed }) => pushed.seconds),
    row('bytes to HQ, pushes', ({ pushed }) => pushed.pushBytes),
    row('bytes to HQ, socket', ({ pushed }) => pushed.socketBytes),
    row('bytes to the store', ({ pushed }) => pushed.bytesToStore),
    row('batches committed', ({ pushed }) => pushed.batches),
    row('bytes of the largest', ({ pushed }) => pushed.largestBatchBytes),
    row('batches too large, split', ({ pushed }) => pushed.batchesTooLarge),
    row('other failed operations', ({ pushed }) => pushed.otherFailures.length),
    row('differences from the truth, leftovers', ({ differences }) => differences.length),
    [],
  ];
}

function rowsOfMemory({ growths }: LongOfflineReport): string[][] {
  const miB = (bytes: number) => (bytes / bytesPerMiB).toFixed(1);
  return [
    ['MiB', 'from', 'to', 'growth', 'bound'],
    ['-', '-:', '-:', '-:', '-:'],
    ...growths.map((growth) => [
      growth.what,
      miB(growth.fromBytes),
      miB(growth.toBytes),
      `${(growth.share * 100).toFixed(1)} %`,
      `${growth.maxShare * 100} %${isFlat(growth) ? '' : ' NOT KEPT'}`,
    ]),
  ];
}

function plotOf({ gauges, samples }: LongOfflineReport, moreYears: number): string {
  const captions = new Map<Phase, string>([
    ['1 sold', 'HQ is away, one year is sold'],
    ['1 pushed', 'the year is pushed over 1 Mbit/s'],
    ['2 sold', `HQ is away, ${moreYears} more years are sold`],
    ['2 pushed', `the ${moreYears} years are pushed`],
  ]);
  return plotMemory(gauges, samples, captions);
}

process.exit(await main());
