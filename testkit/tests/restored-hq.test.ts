import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { startCollector, type Collector } from '@hq-sync/hq-collector/collector';
import { readConfig } from '@hq-sync/hq-collector/config';
import { createDatabase, dropDatabase } from '@hq-sync/local-postgres/database';
import { StoreAgent } from '@hq-sync/store-agent/agent';
import { pino } from 'pino';
import pg from 'pg';
import { adminClient } from '../src/admin-client.js';
import { eventually } from '../src/eventually.js';
import { saleRecord } from '../src/wire-store.js';

const cleanUps: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

const server = { url: (name = 'postgres') => process.env['HQ_TEST_SERVER']!.replace(/\/[^/]*$/, `/${name}`) };
let databases = 0;

async function newDatabase(template: string): Promise<string> {
  const name = `restored_${process.pid}_${(databases += 1)}`;
  await createDatabase(server, name, template);
  cleanUps.push(() => dropDatabase(server, name));
  return name;
}

async function ask<Row extends pg.QueryResultRow>(database: string, sql: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString: server.url(database) });
  await client.connect();
  try {
    return (await client.query<Row>(sql)).rows;
  } finally {
    await client.end();
  }
}

test('HQ restored from an older backup gets every sale again, and its stores have what it publishes now', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'restored-hq-'));
  cleanUps.push(() => rm(folder, { recursive: true, force: true }));
  const adminTokenFile = path.join(folder, 'admin-token');
  let collector: Collector | undefined;
  let port = 0;
  const serve = async (database: string) => {
    const config = readConfig({
      DATABASE_URL: server.url(database),
      HQ_PORT: String(port),
      HQ_ADMIN_TOKEN_FILE: adminTokenFile,
      HQ_WATCH_INTERVAL_MS: '200',
      HQ_SHUTDOWN_SPREAD_MS: '0',
      HQ_SHUTDOWN_DEADLINE_MS: '2000',
    });
    collector = await startCollector(config, { log: pino({ level: 'silent' }) });
    ({ port } = collector);
  };
  cleanUps.push(async () => collector?.stop());

  const original = await newDatabase('hq_template');
  await serve(original);
  const admin = adminClient(collector!.url, (await readFile(adminTokenFile, 'utf8')).trim());
  await admin.createStore({ storeId: 's1' });
  const { token } = await admin.generateToken('s1');
  const publish = async (prices: Record<string, number>) => {
    const lines = Object.entries(prices).map(([id, price]) => ({ id, data: { price } }));
    expect((await admin.changeRecords('products', lines)).status).toBe(200);
  };
  const agent = await StoreAgent.start({
    hqUrl: collector!.url,
    token,
    dataDir: path.join(folder, 'store'),
    pullEntities: ['products'],
  });
  cleanUps.push(() => agent.stop());
  let sales = 0;
  const sell = (count: number) => {
    for (const end = sales + count; sales < end; sales += 1)
      agent.enqueue('sales', saleRecord(`sale-${sales}`));
  };
  const salesAt = (database: string) =>
    eventually(
      `${sales} sales at HQ`,
      async () =>
        (
          await ask<{ records: number; counted: number }>(
            database,
            `select (select count(*)::int from hq.pushed_record) as records,
               (select coalesce(sum(sales_count), 0)::int from hq.activity) as counted`,
          )
        )[0]!,
      ({ records, counted }) => records === sales && counted === sales,
    );
  const copyIs = (prices: Record<string, number>) =>
    eventually(
      `the copy is ${JSON.stringify(prices)}`,
      () =>
        Promise.resolve(
          Object.fromEntries([...agent.entries('products')].map(({ id, data }) => [id, data['price']])),
        ),
      (copy) => JSON.stringify(copy) === JSON.stringify(prices),
    );

  sell(20);
  await publish({ bread: 1, milk: 1 });
  await salesAt(original);
  await copyIs({ bread: 1, milk: 1 });

  await collector!.stop();
  const backup = await newDatabase(original);
  await serve(original);
  sell(20);
  await publish({ bread: 2, cheese: 2, milk: 2 });
  await salesAt(original);
  await copyIs({ bread: 2, cheese: 2, milk: 2 });

  await collector!.stop();
  await serve(backup);
  // Takes the positions that the lost prices had.
  await publish({ milk: 3, tea: 3, wine: 3 });
  await salesAt(backup);
  await copyIs({ bread: 1, milk: 3, tea: 3, wine: 3 });
  const lost = await ask<{ data: unknown }>(backup, `select 1 from hq.quarantined_record`);
  expect(lost).toEqual([]);

  sell(5);
  await salesAt(backup);
}, 120_000);
