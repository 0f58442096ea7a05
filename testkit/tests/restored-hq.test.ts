import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { StoreAgent } from '@hq-sync/store-agent/agent';
import { eventually } from '../src/eventually.js';
import { RestorableCollector } from '../src/restorable-collector.js';
import { saleRecord } from '../src/wire-store.js';

const cleanUps: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

test('HQ restored from an older backup gets every sale again, and its stores have what it publishes now', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'restored-hq-'));
  cleanUps.push(() => rm(folder, { recursive: true, force: true }));
  const hq = await RestorableCollector.start();
  cleanUps.push(() => hq.stop());
  await hq.admin.createStore({ storeId: 's1' });
  const { token } = await hq.admin.generateToken('s1');
  const publish = async (prices: Record<string, number>) => {
    const lines = Object.entries(prices).map(([id, price]) => ({ id, data: { price } }));
    expect((await hq.admin.changeRecords('products', lines)).status).toBe(200);
  };
  const agent = await StoreAgent.start({
    hqUrl: hq.url,
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
  const salesAreThere = () =>
    eventually(
      `${sales} sales at HQ`,
      async () =>
        (
          await hq.pool.query<{ records: number; counted: number }>(
            `select (select count(*)::int from hq.pushed_record) as records,
               (select coalesce(sum(sales_count), 0)::int from hq.activity) as counted`,
          )
        ).rows[0]!,
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
  await salesAreThere();
  await copyIs({ bread: 1, milk: 1 });

  await hq.backUp();
  sell(20);
  await publish({ bread: 2, cheese: 2, milk: 2 });
  await salesAreThere();
  await copyIs({ bread: 2, cheese: 2, milk: 2 });

  await hq.restore();
  // Takes the positions that the lost prices had.
  await publish({ milk: 3, tea: 3, wine: 3 });
  await salesAreThere();
  await copyIs({ bread: 1, milk: 3, tea: 3, wine: 3 });
  const { rows: lost } = await hq.pool.query('select 1 from hq.quarantined_record');
  expect(lost).toEqual([]);

  sell(5);
  await salesAreThere();
}, 120_000);
