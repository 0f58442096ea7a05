import { parseArgs } from 'node:util';
import { kept, measuredHeader, percentile, rowOf } from '../red-green/measured.js';
import { Stage } from '../red-green/stage.js';
import { redWithACrowd, type CrowdReport } from './crowd.js';
import { mostStoresOfACollector } from './open-files.js';

/** `npm run test:crowd [-- --stores 10000]`: ends with 1 when a bound is not kept or one of the crowd goes red. */
async function main(): Promise<number> {
  const { values } = parseArgs({ options: { stores: { type: 'string', default: '10000' } } });
  const size = Number(values.stores);
  if (!Number.isInteger(size) || size < 1) throw new Error('--stores must be a whole number above 0');
  if (size > mostStoresOfACollector())
    throw new Error(`ulimit -n is too low: it allows ${mostStoresOfACollector()} stores`);

  const stage = await Stage.set('127.0.0.1');
  let report: CrowdReport;
  try {
    report = await redWithACrowd(stage, size, (line) => process.stdout.write(`  ${line}\n`));
  } finally {
    await stage.strike();
  }
  process.stdout.write(`\n${measuredHeader}\n`);
  for (const one of report.measured) process.stdout.write(`${rowOf(one)}\n`);
  process.stdout.write('\n');
  for (const [what, figure] of figuresOf(report)) process.stdout.write(`| ${what} | ${figure} |\n`);

  const faults = faultsOf(report, size);
  for (const fault of faults) process.stdout.write(`FAULT ${fault}\n`);
  return faults.length === 0 ? 0 : 1;
}

function figuresOf({ connectedSeconds, usage, viewMs, leastConnected }: CrowdReport): [string, string][] {
  return [
    ['all connected after, s', String(connectedSeconds)],
    ['heartbeats a second', usage.heartbeatsPerSecond.toFixed(0)],
    ['collector: resident memory, MiB', usage.residentMiB.toFixed(0)],
    ['collector: CPU, % of a core', usage.cpuPercent.toFixed(0)],
    ['collector: event loop lag p99, ms', usage.eventLoopLagP99Ms.toFixed(0)],
    [
      'the whole view read: p50, max ms',
      `${Math.round(percentile(viewMs, 0.5))}, ${Math.round(percentile(viewMs, 1))}`,
    ],
    ['least of the crowd connected, as the whole view showed', String(leastConnected)],
  ];
}

function faultsOf({ measured, leastConnected, losses }: CrowdReport, size: number): string[] {
  return [
    ...measured.filter((one) => !kept(one)).map(({ what }) => `${what}: the bound is not kept`),
    ...(leastConnected < size ? [`only ${leastConnected} of the crowd were seen connected`] : []),
    ...losses.map(({ storeId, closeCode }) => `${storeId} lost its connection, close code ${closeCode}`),
  ];
}

process.exit(await main());
