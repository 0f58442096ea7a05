import { parseArgs } from 'node:util';
import { percentile } from '../red-green/measured.js';
import { namespaceMissing } from '../red-green/store-namespace.js';
import { Stage } from '../red-green/stage.js';
import { hasSmallBuffers, runWithSmallBuffers } from './small-buffers.js';
import { runThinLine, type StoreReport, type ThinLineReport } from './thin-line.js';
import type { StatusChange } from './thin-store.js';

/** `npm run test:thin-line [-- --minutes 10 --stores 10 --seed TEXT]`: ends with 1 when a store was not connected throughout. */
async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      minutes: { type: 'string', default: '10' },
      stores: { type: 'string', default: '10' },
      seed: { type: 'string', default: 'thin-line' },
    },
  });
  const [minutes, stores] = [Number(values.minutes), Number(values.stores)];
  for (const number of [minutes, stores])
    if (!Number.isInteger(number) || number < 1)
      throw new Error('--minutes and --stores are whole numbers above 0');
  const missing = namespaceMissing();
  if (missing === undefined && !hasSmallBuffers) return runWithSmallBuffers();
  const buffers = hasSmallBuffers ? '16 KiB' : `the kernel's own (${missing})`;
  process.stdout.write(`TCP buffers: ${buffers}; seed ${values.seed}\n`);

  const stage = await Stage.set('127.0.0.1');
  let report: ThinLineReport;
  try {
    const say = (line: string) => void process.stdout.write(`  ${line}\n`);
    report = await runThinLine(stage, { minutes, stores, seed: values.seed, say });
  } finally {
    await stage.strike();
  }
  for (const row of rowsOf(report)) process.stdout.write(`| ${row.join(' | ')} |\n`);
  const longest = report.stores.reduce((one, other) => (other.longestGapMs > one.longestGapMs ? other : one));
  process.stdout.write('\nBefore the end of the longest time without a byte at HQ:\n');
  for (const line of longest.longestGapTrace) process.stdout.write(`  ${line}\n`);
  const faults = [...report.stores.flatMap(faultsOf), ...report.differences];
  for (const fault of faults) process.stdout.write(`FAULT ${fault}\n`);
  return faults.length === 0 ? 0 : 1;
}

/** Of all stores together, and of the one that has least and most of it. */
function rowsOf({ stores, syncErrors, latestMs, differences }: ThinLineReport): (string | number)[][] {
  const row = (what: string, of: (store: StoreReport) => number) => {
    const figures = stores.map((store) => Math.round(of(store)));
    const sum = figures.reduce((total, figure) => total + figure, 0);
    return [what, sum, Math.min(...figures), Math.max(...figures)];
  };
  const worst = (what: string, of: (store: StoreReport) => number) => {
    const [, , least, most] = row(what, of);
    return [what, '', least!, most!];
  };
  const stalls = stores.flatMap(({ stallsMs }) => stallsMs);
  return [
    ['what', 'all', 'least', 'most'],
    ['-', '-', '-', '-'],
    row('times a store went red', ({ changes }) => changes.filter(isRed).length),
    row('bytes to HQ, pushes', ({ bytesToHq }) => bytesToHq.push),
    row('bytes to HQ, socket', ({ bytesToHq }) => bytesToHq.socket),
    row('bytes to the store', ({ bytesToStore }) => bytesToStore),
    row('segments', ({ segments }) => segments),
    row('segments lost', ({ lost }) => lost),
    worst('median stall, ms', ({ stallsMs }) => percentile(stallsMs, 0.5)),
    ['longest stall, ms', '', '', Math.round(percentile(stalls, 1))],
    row('batches', ({ batches }) => batches),
    row('batches sent again', ({ retries }) => retries),
    row('records accepted', ({ accepted }) => accepted),
    row('records accepted in the last minute', (store) => store.acceptedInTheLastMinute),
    row('records pending at the end', ({ pending }) => pending),
    worst('longest time without a byte at HQ, ms', ({ longestGapMs }) => longestGapMs),
    worst('longest time without a byte on the socket, ms', (store) => store.longestSocketGapMs),
    ['failed sync operations', syncErrors.join(', ') || 'none', '', ''],
    ['differences after the rest came over a fast line', differences.length, '', ''],
    ['latest that the relay itself was, ms', '', '', Math.round(latestMs)],
  ];
}

const isRed = ({ status }: StatusChange) => status !== 'connected';

function faultsOf(report: StoreReport): string[] {
  const { storeId, changes, connects, pending, pushedBytesInTheLastMinute } = report;
  const faults = changes
    .filter(isRed)
    .map(({ atMs, status, reason, trace }) =>
      [
        `${storeId} ${status} (${reason ?? ''}) ${(atMs / 1000).toFixed(1)} s after its first green`,
        ...trace,
      ].join('\n    '),
    );
  if (connects !== 1) faults.push(`${storeId} was welcomed ${connects} times`);
  if (pending === 0) faults.push(`${storeId} had nothing more to push: its backlog was too small`);
  if (pushedBytesInTheLastMinute === 0) faults.push(`${storeId} pushed nothing in the last minute`);
  return faults;
}

process.exit(await main());
