import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { eventually } from '../src/eventually.js';
import { startTestCollector, type TestCollector } from '../src/test-collector.js';
import { saleRecord } from '../src/wire-store.js';

/** A python3 that has `websockets`, by HQ_EXAMPLE_PYTHON, default python3. */
const python = process.env['HQ_EXAMPLE_PYTHON'] ?? 'python3';
const isThere = spawnSync(python, ['-c', 'import websockets']).status === 0;
// eslint-disable-next-line no-console -- a skip must be loud
if (!isThere) console.warn('skipped: no python3 with websockets for docs/examples/store_client.py');
const testWithPython = isThere ? test : test.skip;

let hq: TestCollector;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'stranger-'));
  hq = await startTestCollector({
    settings: { HQ_HEARTBEAT_INTERVAL_MS: '300', HQ_WATCH_INTERVAL_MS: '200' },
  });
});
afterAll(async () => {
  await hq.stop();
  await rm(folder, { recursive: true, force: true });
});

interface ClientEvent {
  readonly event: string;
  readonly [field: string]: unknown;
}

async function change(entity: string, lines: readonly unknown[]): Promise<void> {
  expect((await hq.admin.changeRecords(entity, lines)).status).toBe(200);
}

testWithPython(
  'a client written from docs/protocol.md alone connects, beats, pushes, pulls, confirms, resyncs and says good-bye',
  async () => {
    await hq.admin.createStore({ storeId: 's1' });
    const { token } = await hq.admin.generateToken('s1');
    await change(
      'products',
      Array.from({ length: 12 }, (_, n) => ({ id: `p${n}`, data: { price: n } })),
    );
    const tokenFile = path.join(folder, 'token');
    const saleFile = path.join(folder, 'sales.ndjson');
    await writeFile(tokenFile, token, { mode: 0o600 });
    const sales = Array.from({ length: 7 }, (_, n) => saleRecord(`s${n}`));
    await writeFile(saleFile, sales.map((sale) => `${JSON.stringify(sale)}\n`).join(''));

    const client = spawn(
      python,
      [
        path.join(process.cwd(), 'docs', 'examples', 'store_client.py'),
        ...['--url', hq.url, '--token-file', tokenFile, '--sale-file', saleFile],
        ...['--database', path.join(folder, 'store.db')],
      ],
      { stdio: ['pipe', 'pipe', 'inherit'] },
    );
    const events: ClientEvent[] = [];
    createInterface({ input: client.stdout }).on('line', (line) =>
      events.push(JSON.parse(line) as ClientEvent),
    );
    const ask = async (sql: string) => (await hq.database.pool.query(sql)).rows as Record<string, unknown>[];
    try {
      await eventually(
        'its sales are counted',
        () => ask(`select status, sales_count::int as sales from hq_view.stores where store_id = 's1'`),
        (rows) => rows[0]!['status'] === 'connected' && rows[0]!['sales'] === 7,
      );
      const confirmed = (records: number) =>
        eventually(
          `${records} confirmed products`,
          () =>
            ask(
              `select records_total::int as records from hq.store_entity where entity = 'products' and direction = 'pull'`,
            ),
          (rows) => rows[0]?.['records'] === records,
        );
      await confirmed(12);
      await change('products', [
        { id: 'p3', data: { price: 99 } },
        { id: 'p4', deleted: true },
      ]);
      await confirmed(14);

      client.stdin.write('open T1\n');
      await eventually(
        'its till is seen',
        () => ask(`select terminal_id from hq_view.open_registers where store_id = 's1'`),
        (rows) => rows[0]?.['terminal_id'] === 'T1',
      );
      const { body: job } = await hq.admin.call('POST', '/stores/s1/resync', { entities: ['products'] });
      await eventually(
        'the resync is done',
        () => ask(`select state from hq_view.resync_jobs where job_id = '${String(job.jobId)}'`),
        (rows) => rows[0]!['state'] === 'done',
      );
      const beat = async () =>
        (await ask(`select last_heartbeat_at::text as at from hq.store_connection`))[0]!['at'];
      const before = await beat();
      await eventually('it beats', beat, (at) => at !== before);
    } finally {
      const exited = once(client, 'exit');
      client.kill('SIGTERM');
      await exited;
    }
    await eventually(
      'its good-bye is understood',
      () => ask(`select reason from hq_view.store_status where store_id = 's1'`),
      (rows) => rows[0]!['reason'] === 'agent stopped',
    );
    expect(await ask('select code from hq_view.sync_errors')).toEqual([]);
    expect(events.map(({ event }) => event)).toEqual(expect.arrayContaining(['welcome', 'pushed', 'pulled']));
  },
  60_000,
);
