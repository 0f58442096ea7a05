import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { canReach, reachableDataDir } from '@hq-sync/local-postgres/reachable-data-dir';
import { demoChain } from '@hq-sync/simulator/demo-chain';
import { eventually } from '@hq-sync/testkit/eventually';
import {
  freePort,
  processesOf,
  startScript,
  StartedDemo,
  type Ended,
  type StartOptions,
} from './started-demo.js';

// Each start takes seconds; two minutes are what a newcomer is promised for the first.
jest.setTimeout(120_000);

const nobody = { name: 'nobody', uid: 65_534, gid: 65_534 };
const soonMs = 60_000;
/** A till sells about every 40 s of its own time. */
const fast = ['--speed', '600'];
const sales = ['hq_store_entity_records_total', /entity="sales"/] as const;
/** The stores that nothing is done to in the first acts, on a machine of any speed, at any hour. */
const unscripted = demoChain(12).filter(
  ({ hasServer, incident, switchesOff }) => hasServer && incident === undefined && !switchesOff,
);
const unscriptedLabel = new RegExp(`store_id="(${unscripted.map(({ storeId }) => storeId).join('|')})"`);

let folder: string;
let dataDir: string;
let port: number;
let running: StartedDemo[] = [];

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'npm-start-'));
  // As root the database runs as another user, who has to pass here.
  chmodSync(folder, 0o755);
  dataDir = path.join(folder, 'data');
  port = await freePort();
});

afterEach(async () => {
  await Promise.all(running.map((demo) => demo.end()));
  running = [];
});

afterAll(() => {
  for (const pid of processesOf(dataDir)) process.kill(pid, 'SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

function start(options: Partial<StartOptions> = {}): StartedDemo {
  // What is installed besides is the matter of `monitoring.test.ts`.
  const args = ['--no-monitoring', ...(options.args ?? [])];
  const demo = new StartedDemo({ dataDir, port, ...options, args });
  running.push(demo);
  return demo;
}

/** Of a start that ends by itself. */
function refusal(options: Partial<StartOptions>): Promise<Ended> {
  return start(options).ended;
}

const connected = (demo: StartedDemo) =>
  eventually(
    'connected stores',
    () => demo.metric('hq_store_connected', unscriptedLabel),
    (count) => count === unscripted.length,
    soonMs,
  );
const salesOver = (demo: StartedDemo, count: number) =>
  eventually(
    'records of sales',
    () => demo.metric(...sales),
    (now) => now > count,
    soonMs,
  );

function expectOneSentence({ code, stderr }: Ended, sentence: string): void {
  expect(stderr.trim()).toContain(sentence);
  expect(stderr.trim().split('\n')).toHaveLength(1);
  expect(code).toBe(1);
}

describe('npm start', () => {
  let soldBefore = 0;

  it('says where everything is, shows every store green, and stops all of it at Ctrl-C', async () => {
    const startedMs = performance.now();
    const demo = start();
    const text = await demo.said((stdout) => green(stdout).length === unscripted.length);
    const seconds = ((performance.now() - startedMs) / 1_000).toFixed(1);
    process.stderr.write(`npm start: all unscripted stores connected in the table after ${seconds} s\n`);
    for (const line of [
      `Collector       ${demo.url}`,
      `Metrics         ${demo.url}/metrics`,
      `API             ${demo.url}/openapi.json`,
      `Admin token     ${path.join(dataDir, 'admin-token')}`,
      "Database        psql 'postgres://",
      `Logs            ${path.join(dataDir, 'collector.log')}`,
    ])
      expect(text).toContain(line);
    expect(text).toMatch(/^Savannah – no server/m);
    expect(text).toMatch(/^EUR {2}\d+ sales {2}revenue €[\d,.]+ {2}tax .* discounts .* voids /m);
    soldBefore = await salesOver(demo, 20);
    if (process.platform === 'linux') expect(processesOf(dataDir).length).toBeGreaterThan(3);

    const { code, stdout, stderr } = await demo.end();
    expect(stdout.trim()).toMatch(/Stopping \.\.\. .*\nStopped\.$/);
    expect([code, stderr]).toEqual([0, '']);
    expect(processesOf(dataDir)).toEqual([]);
  });

  it('stops all of it at Ctrl-C in the middle of a start, too', async () => {
    const demo = start();
    await demo.said((stdout) => stdout.includes('Starting the collector'));
    const { code, stderr } = await demo.end();
    expect([code, stderr]).toEqual([0, '']);
    expect(processesOf(dataDir)).toEqual([]);
  });

  it('through npm ends at Ctrl-C without a word of npm, and at a SIGTERM that only npm gets', async () => {
    const starting = (stdout: string): boolean => stdout.includes('Starting the collector');
    const demo = start({ throughNpm: true });
    await demo.said(starting);
    const { stdout, stderr } = await demo.endGroup();
    expect(stdout.trim()).toMatch(/\nStopped\.$/);
    expect(stderr).not.toMatch(/npm err/i);
    expect(processesOf(dataDir)).toEqual([]);

    const again = start({ throughNpm: true });
    await again.said(starting);
    expect((await again.end('SIGTERM')).stdout.trim()).toMatch(/\nStopped\.$/);
    expect(processesOf(dataDir)).toEqual([]);
  });

  it('goes on with the same data, and is not harmed by another start', async () => {
    const demo = start({ args: fast });
    await connected(demo);
    expect(await demo.metric(...sales)).toBeGreaterThanOrEqual(soldBefore);

    const another = await refusal({ port: await freePort() });
    expectOneSentence(another, `Another start is already running on ${dataDir}: stop it, or choose another`);
    const elsewhere = await refusal({ dataDir: path.join(folder, 'other') });
    expectOneSentence(elsewhere, `Port ${port} is taken by another program: choose another one with --port.`);
    soldBefore = await salesOver(demo, soldBefore);
    expect(await demo.metric('hq_store_connected', unscriptedLabel)).toBe(unscripted.length);
  });

  it('goes on after kill -9 with the database server that was left', async () => {
    const killed = start({ args: fast });
    await connected(killed);
    soldBefore = await salesOver(killed, soldBefore);
    const postmaster = postmasterPid();
    await killed.end('SIGKILL');
    expect(postmasterPid()).toBe(postmaster);

    const demo = start();
    await connected(demo);
    expect(postmasterPid()).toBe(postmaster);
    expect(await demo.metric(...sales)).toBeGreaterThanOrEqual(soldBefore);
    expect((await demo.end()).code).toBe(0);
    expect(processesOf(dataDir)).toEqual([]);
  });

  it('begins anew with --fresh, with as many stores and as fast as asked', async () => {
    const demo = start({ args: ['--fresh', '--stores', '3', ...fast] });
    await salesOver(demo, 0);
    expect(await demo.metric('hq_store_info')).toBe(4);
    await salesOver(demo, 30);
    expect((await demo.end()).code).toBe(0);
  });

  it('replays a file', async () => {
    const file = path.join(folder, 'sales.ndjson');
    writeFileSync(file, realSales.map((sale) => `${JSON.stringify(sale)}\n`).join(''));
    const demo = start({ args: ['--replay', file, '--speed', '1000000'] });
    await demo.said((stdout) => stdout.includes('USD  3 sales  revenue $30.00'));
    const { code, stdout } = await demo.end();
    expect(stdout).toContain('figures of business date 2017-11-22');
    expect(code).toBe(0);
    expect(processesOf(dataDir)).toEqual([]);
  });

  it('says in a sentence that it cannot read the file of a replay', async () => {
    const file = path.join(folder, 'letter.txt');
    writeFileSync(file, 'Dear headquarters,\n');
    const { code, stderr } = await refusal({ args: ['--replay', file] });
    expect(stderr).toContain(`Simulator: ${file}: line 1 is no JSON.`);
    expect(stderr).not.toContain('    at ');
    expect(code).toBe(1);
    expect(processesOf(dataDir)).toEqual([]);
  });

  it.each([
    [['--stores', '0'], "argument '0' is invalid. It must be a whole number from 1 to 1000."],
    [['--speed', 'fast'], "argument 'fast' is invalid. It must be a number over 0, at most 1000000."],
    [['--replay', '/no/such/file'], "argument '/no/such/file' is invalid. There is no such file."],
  ])('refuses %j in a sentence', async (args, sentence) => {
    expectOneSentence(await refusal({ args }), sentence);
  });

  it('says that another program has the port', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(port, '127.0.0.1', resolve));
    try {
      expectOneSentence(await refusal({}), `Port ${port} is taken by another program`);
    } finally {
      other.close();
    }
  });

  it('says that it may not write', async () => {
    const forbidden = path.join(folder, 'forbidden');
    mkdirSync(forbidden);
    chmodSync(forbidden, 0o555);
    const asRoot = process.getuid?.() === 0;
    if (asRoot && !canReach(startScript, nobody)) {
      process.stderr.write(`not tried: root may write everywhere, and nobody cannot reach ${startScript}\n`);
      return;
    }
    for (const there of [forbidden, path.join(forbidden, 'data')]) {
      const end = await refusal({ dataDir: there, ...(asRoot && { uid: nobody.uid }) });
      expectOneSentence(
        end,
        `This user may not write to ${there}: set HQ_DATA_DIR to a directory where it may.`,
      );
    }
  });

  const onLinux = process.platform === 'linux' ? it : it.skip;
  onLinux('says that the system lets nobody make the folder', async () => {
    expectOneSentence(await refusal({ dataDir: '/proc/nope' }), 'This user may not write to /proc/nope');
  });

  it.each(['12.22.12', '20.18.3'])('says that Node %s is too old', async (version) => {
    const pretending = `data:text/javascript,Object.defineProperty(process,'versions',{value:{...process.versions,node:'${version}'}})`;
    const end = await refusal({ nodeArgs: ['--import', pretending] });
    expectOneSentence(end, `This needs Node 20.19 or newer, and this is Node ${version}.`);
  });
});

/** The unscripted stores that the latest table shows connected. */
function green(stdout: string): string[] {
  const table = stdout.slice(stdout.lastIndexOf('\nStore '));
  const names = unscripted.map(({ name }) => name);
  return names.filter((name) => new RegExp(`^${name} +● connected`, 'm').test(table));
}

function postmasterPid(): number {
  const file = path.join(reachableDataDir(path.join(dataDir, 'postgres')), 'postmaster.pid');
  return Number.parseInt(readFileSync(file, 'utf8'), 10);
}

const realSales = [
  { storeId: '7', saleId: 'a', status: 'completed' },
  { storeId: '7', saleId: 'b', status: 'completed' },
  { storeId: '9', saleId: 'c', status: 'completed' },
].map((sale, index) => ({
  ...sale,
  terminalId: 'T1',
  completedAtLocal: `2017-11-22T10:0${index}:00`,
  grossMinor: 1_000,
  discountMinor: 0,
  taxMinor: 50,
  lines: [{ productId: 'p', quantity: 1, grossMinor: 1_000, discountMinor: 0, taxMinor: 50 }],
}));
