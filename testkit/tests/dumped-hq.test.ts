import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { startCollector, type Collector } from '@hq-sync/hq-collector/collector';
import { readConfig } from '@hq-sync/hq-collector/config';
import { StoreAgent } from '@hq-sync/store-agent/agent';
import { pino } from 'pino';
import pg from 'pg';
import { adminClient } from '../src/admin-client.js';
import { eventually } from '../src/eventually.js';
import { InstalledPostgres, oldestPostgres } from '../src/installed-postgres.js';
import { PulledCopy } from '../src/pull-client.js';
import { createTestDatabase } from '../src/test-database.js';

const cleanUps: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

const products = (count: number, price: number) =>
  Array.from({ length: count }, (_, index) => ({ id: `p${index}`, data: { price } }));

async function ask<Row extends pg.QueryResultRow>(url: string, sql: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Row>(sql)).rows;
  } finally {
    await client.end();
  }
}

const transactions = async (url: string): Promise<number> =>
  Number((await ask<{ n: string }>(url, 'select pg_current_xact_id()::text as n'))[0]!.n);

/** Records that each store has confirmed, each page once. */
const pulled = async (url: string): Promise<Record<string, number>> => {
  const rows = await ask<{ store_id: string; n: number }>(
    url,
    `select store_id, records_total::int as n from hq.store_entity where direction = 'pull' and entity = 'products'`,
  );
  return Object.fromEntries(rows.map(({ store_id, n }) => [store_id, n]));
};

const postgres = InstalledPostgres.find(oldestPostgres);
const name = 'cursors survive a dump and its restore into a new cluster: no store is sent a record again';
if (postgres === undefined) {
  const what = `no PostgreSQL ${oldestPostgres} with pg_dump and psql`;
  process.stderr.write(`SKIPPED: ${what}, so HQ is not dumped and restored into a new cluster.\n`);
  test.skip(`${name} (skipped: ${what})`, () => undefined);
} else {
  test(
    name,
    async () => {
      const folder = await mkdtemp(path.join(tmpdir(), 'dumped-hq-'));
      cleanUps.push(() => rm(folder, { recursive: true, force: true }));
      await chmod(folder, 0o755); // PostgreSQL runs as another user than root and must get in
      let old: { url: string; stop(): Promise<void> } | undefined = await postgres.start(
        path.join(folder, 'postgres'),
        { fsync: 'off', synchronous_commit: 'off' },
      );
      cleanUps.push(async () => old?.stop());
      const restored = await createTestDatabase('template0');
      cleanUps.push(() => restored.drop());
      const adminTokenFile = path.join(folder, 'admin-token');
      let collector: Collector | undefined;
      let port = 0;
      const serve = async (databaseUrl: string) => {
        const config = readConfig({
          DATABASE_URL: databaseUrl,
          HQ_PORT: String(port),
          HQ_ADMIN_TOKEN_FILE: adminTokenFile,
          HQ_SHUTDOWN_SPREAD_MS: '0',
          HQ_SHUTDOWN_DEADLINE_MS: '2000',
        });
        collector = await startCollector(config, { log: pino({ level: 'silent' }) });
        ({ port } = collector);
      };
      cleanUps.push(async () => collector?.stop());

      await serve(old.url);
      const admin = adminClient(collector!.url, (await readFile(adminTokenFile, 'utf8')).trim());
      const publish = async (lines: readonly unknown[]) =>
        expect((await admin.changeRecords('products', lines)).status).toBe(200);
      for (const storeId of ['whole', 'half']) await admin.createStore({ storeId });
      const agent = await StoreAgent.start({
        hqUrl: collector!.url,
        token: (await admin.generateToken('whole')).token,
        dataDir: path.join(folder, 'store'),
        pullEntities: ['products'],
      });
      cleanUps.push(() => agent.stop());
      const priceIs = (id: string, price: number) =>
        eventually(
          `${id} costs ${price}`,
          () => agent.read('products', id)?.['price'],
          (has) => has === price,
        );

      // The new cluster's transactions have lower numbers than those that wrote what it is given.
      const ahead = (await transactions(restored.url)) + 10_000 - (await transactions(old.url));
      await ask(
        old.url,
        `do $$ begin for i in 1..${Math.max(1, ahead)} loop perform pg_current_xact_id(); commit; end loop; end $$`,
      );
      await publish(products(25, 100));
      await publish([{ id: 'p24', data: { price: 101 } }]);
      await priceIs('p24', 101);
      const half = new PulledCopy(collector!.url, (await admin.generateToken('half')).token, 'products', 10);
      await half.step();
      await half.step();
      await eventually(
        'the agent has confirmed all it was sent',
        async () => (await pulled(old!.url))['whole'],
        (count) => count === 26,
      );

      await collector!.stop();
      await postgres.dumpAndRestore(old.url, restored.url, path.join(folder, 'hq.sql'));
      expect(await transactions(old.url)).toBeGreaterThan(await transactions(restored.url));
      await old.stop();
      old = undefined;
      await serve(restored.url);

      await publish([{ id: 'p0', data: { price: 200 } }]);
      await priceIs('p0', 200);
      await half.pullAll();
      expect(half.records).toEqual(
        new Map(products(25, 100).map(({ id, data }) => [id, data]))
          .set('p24', { price: 101 })
          .set('p0', { price: 200 }),
      );
      await eventually(
        'each store has been sent what it lacked',
        () => pulled(restored.url),
        (counts) => counts['whole'] === 27 && counts['half'] === 26,
      );
    },
    60_000,
  );
}
