import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { reachableDataDir } from '@hq-sync/local-postgres/reachable-data-dir';
import { adminClient } from '@hq-sync/testkit/admin-client';
import { eventually } from '@hq-sync/testkit/eventually';
import pg from 'pg';
import { Child } from '../src/child.js';
import { DemoDatabase } from '../src/database.js';
import { HqOrders } from '../src/hq-orders.js';
import { freePort } from './started-demo.js';

// A PostgreSQL and a collector are started, and the collector again for each order.
jest.setTimeout(120_000);

const collectorProgram = fileURLToPath(new URL('../../hq-collector/dist/main.js', import.meta.url));

describe("the simulator's orders to HQ", () => {
  let folder: string;
  let database: DemoDatabase;
  let collector: Child;
  let orders: HqOrders;
  let url: string;
  let answered = 0;

  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'hq-orders-'));
    // As root the database runs as another user, who has to pass here.
    chmodSync(folder, 0o755);
    database = await DemoDatabase.start(reachableDataDir(path.join(folder, 'postgres')), 'hq_demo');
    const port = await freePort();
    url = `http://127.0.0.1:${port}`;
    collector = new Child({
      name: 'Collector',
      script: collectorProgram,
      args: () => [],
      env: () => ({
        PATH: process.env['PATH'],
        DATABASE_URL: database.url,
        HQ_PORT: String(port),
        HQ_ADMIN_TOKEN_FILE: path.join(folder, 'admin-token'),
      }),
      logFile: path.join(folder, 'collector.log'),
      startWaitMs: 60_000,
      stopWaitMs: 20_000,
    });
    await collector.start();
    orders = new HqOrders(collector, database);
  });

  afterAll(async () => {
    await collector.stop();
    await database.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const admin = () => adminClient(url, readFileSync(path.join(folder, 'admin-token'), 'utf8').trim());
  const carryOut = (order: 'back_up' | 'restore') =>
    orders.carryOut({ type: 'hq_order', orderId: (answered += 1), order });
  const storeIds = async (): Promise<string[]> => {
    const { body } = await admin().call('GET', '/stores');
    return (body.items as { storeId: string }[]).map(({ storeId }) => storeId).sort();
  };

  it('are carried out while the collector is down, one after the other; it is back with each answer', async () => {
    await admin().createStore({ storeId: 'kept' });
    expect(await carryOut('back_up')).toEqual({ type: 'hq_order_done', orderId: answered });
    expect(collector.trouble).toBeUndefined();
    await admin().createStore({ storeId: 'lost' });
    expect(await storeIds()).toEqual(['kept', 'lost']);

    const restored = carryOut('restore');
    await eventually(
      'it is down',
      () => collector.trouble,
      (trouble) => trouble !== undefined,
    );
    expect(collector.trouble).toBe('Collector is down: its database is being restored.');
    expect(await restored).toEqual({ type: 'hq_order_done', orderId: answered });
    expect(await storeIds()).toEqual(['kept']);
    expect((await database.pool.query('select 1 from hq.store')).rowCount).toBe(1);
  });

  it('that cannot be carried out are answered with the reason, and nothing is lost', async () => {
    expect((await carryOut('restore')).error).toContain('"hq_demo_backup" does not exist');
    expect(await storeIds()).toEqual(['kept']);

    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    try {
      expect((await carryOut('back_up')).error).toContain('being accessed by other users');
      expect(await storeIds()).toEqual(['kept']);
    } finally {
      await client.end();
    }
  });
});
