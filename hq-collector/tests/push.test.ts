import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startTestCollector, type TestCollector } from '@hq-sync/testkit/test-collector';
import { push, saleRecord, WireStore } from '@hq-sync/testkit/wire-store';

let hq: TestCollector;
let token: string;
beforeAll(async () => {
  hq = await startTestCollector();
});
afterAll(() => hq.stop());

let stores = 0;
/** A store of its own for each test. */
async function newStore(settings: Record<string, unknown> = {}): Promise<string> {
  const storeId = `s${(stores += 1)}`;
  await hq.admin.createStore({ storeId, ...settings });
  token = (await hq.admin.generateToken(storeId)).token;
  return storeId;
}

async function activity(storeId: string) {
  const { rows } = await hq.database.pool.query(
    'select business_date::text, currency, sales_count, gross_minor, tax_minor, discount_minor, void_count, void_minor, return_count, return_minor from hq_view.activity where store_id = $1 order by 1, 2',
    [storeId],
  );
  return rows.map((row: Record<string, unknown>) =>
    Object.fromEntries(
      Object.entries(row).map(([key, value]) => [
        key,
        key === 'business_date' || key === 'currency' ? value : Number(value),
      ]),
    ),
  );
}

const completedAt = '2026-03-10T12:00:00-05:00';

describe('a push', () => {
  test('is counted on its business date and answered by line', async () => {
    const storeId = await newStore({ timezone: 'America/New_York' });
    const answer = await push(hq.url, token, [
      saleRecord('a', { completedAt }),
      saleRecord('b', { completedAt: '2026-03-11T03:59:59Z' }),
    ]);
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({ accepted: 2, duplicate: 0, replaced: 0, quarantined: 0 });
    expect(answer.body.records).toEqual([
      { line: 1, id: 'a', revision: 1, outcome: 'accepted' },
      { line: 2, id: 'b', revision: 1, outcome: 'accepted' },
    ]);
    expect(await activity(storeId)).toEqual([
      expect.objectContaining({
        business_date: '2026-03-10',
        sales_count: 2,
        gross_minor: 2000,
        tax_minor: 126,
        discount_minor: 200,
      }),
    ]);
  });

  test('sent again counts once', async () => {
    const storeId = await newStore();
    const sales = [saleRecord('a', { completedAt }), saleRecord('b', { completedAt })];
    await push(hq.url, token, sales);
    const again = await push(hq.url, token, sales, { gzip: true });
    expect(again.body).toMatchObject({ accepted: 0, duplicate: 2 });
    expect(await activity(storeId)).toEqual([expect.objectContaining({ sales_count: 2 })]);
  });

  test('sent twice at once over two connections counts once', async () => {
    const storeId = await newStore();
    const sales = Array.from({ length: 50 }, (_, index) => saleRecord(`s${index}`, { completedAt }));
    const answers = await Promise.all([push(hq.url, token, sales), push(hq.url, token, sales)]);
    expect(answers.map((answer) => answer.body.accepted).sort()).toEqual([0, 50]);
    expect(await activity(storeId)).toEqual([expect.objectContaining({ sales_count: 50 })]);
  });

  test.each([
    ['in order', [1, 2]],
    ['swapped', [2, 1]],
  ])('of a void changes the day of the sale, %s', async (_, order) => {
    const storeId = await newStore();
    const revisions = {
      1: saleRecord('a', { completedAt }),
      2: saleRecord('a', { completedAt, status: 'voided' }, 2),
    };
    for (const revision of order) await push(hq.url, token, [revisions[revision as 1 | 2]]);
    expect(await activity(storeId)).toEqual([
      expect.objectContaining({
        business_date: '2026-03-10',
        sales_count: 0,
        gross_minor: 0,
        tax_minor: 0,
        discount_minor: 0,
        void_count: 1,
        void_minor: 1000,
      }),
    ]);
    const { rows } = await hq.database.pool.query(
      'select (select revision from hq_view.pushed_records where store_id = $1) as newest, (select array_agg(revision) from hq_view.pushed_revisions where store_id = $1) as others',
      [storeId],
    );
    expect(rows).toEqual([{ newest: 2, others: [1] }]);
  });

  test('keeps the business date of the first receipt when the cutover changes later', async () => {
    const storeId = await newStore();
    await push(hq.url, token, [saleRecord('a', { completedAt: '2026-03-10T02:00:00Z' })]);
    await hq.admin.call('PATCH', `/stores/${storeId}`, { dayCutover: '04:00' });
    await push(hq.url, token, [
      saleRecord('a', { completedAt: '2026-03-10T02:00:00Z', status: 'voided' }, 2),
      saleRecord('b', { completedAt: '2026-03-10T02:00:00Z' }),
    ]);
    expect(await activity(storeId)).toEqual([
      expect.objectContaining({ business_date: '2026-03-09', sales_count: 1 }),
      expect.objectContaining({ business_date: '2026-03-10', void_count: 1, sales_count: 0 }),
    ]);
  });

  test('counts a return apart', async () => {
    const storeId = await newStore();
    await push(hq.url, token, [saleRecord('r', { completedAt, kind: 'return' })]);
    expect(await activity(storeId)).toEqual([
      expect.objectContaining({ sales_count: 0, return_count: 1, return_minor: 1000 }),
    ]);
  });

  test('of an entity that was added as data alone is kept', async () => {
    const storeId = await newStore();
    await hq.database.pool.query(
      `insert into hq.entity values ('thermometer_readings', 'push') on conflict do nothing`,
    );
    const answer = await push(hq.url, token, [{ id: 'x', revision: 1, data: { celsius: 4.5 } }], {
      entity: 'thermometer_readings',
    });
    expect(answer.body).toMatchObject({ accepted: 1 });
    const { rows } = await hq.database.pool.query(
      'select data from hq_view.pushed_records where store_id = $1',
      [storeId],
    );
    expect(rows).toEqual([{ data: { celsius: 4.5 } }]);
  });
});

describe('a store that HQ has forgotten pushes of', () => {
  test('is asked to push them again, and only then', async () => {
    const storeId = await newStore();
    const answers = [
      await push(hq.url, token, [saleRecord('a')]),
      await push(hq.url, token, [saleRecord('b')]),
    ];
    expect(answers.map(({ body }) => body.receipt)).toEqual([1, 2]);
    const welcomed = async (receipts: { entity: string; receipt: number }[]) => {
      const store = await WireStore.connect(hq.url, token, { receipts });
      const { pushAgain } = await store.next('welcome');
      await store.close();
      return pushAgain;
    };
    expect(await welcomed([{ entity: 'sales', receipt: 2 }])).toBeUndefined();

    // As a restored backup has it: the second commit never was.
    await hq.database.pool.query(
      `with gone as (delete from hq.pushed_record where store_id = $1 and record_id = 'b')
       update hq.store_entity set receipts = 1 where store_id = $1`,
      [storeId],
    );
    const said = [
      { entity: 'sales', receipt: 2 },
      { entity: 'inventory_adjustments', receipt: 0 },
      { entity: 'unheard_of', receipt: 1 },
    ];
    expect(await welcomed(said)).toEqual(['sales', 'unheard_of']);
    expect((await push(hq.url, token, [saleRecord('b')])).body).toMatchObject({ accepted: 1, receipt: 2 });
    expect(await welcomed(said.slice(0, 2))).toBeUndefined();

    // A push that comes before the next hello is told as well.
    const late = { headers: { 'hq-receipt': '3' } };
    expect((await push(hq.url, token, [saleRecord('c')], late)).body).toMatchObject({
      receipt: 3,
      pushAgain: true,
    });
    expect((await push(hq.url, token, [saleRecord('d')], late)).body).not.toHaveProperty('pushAgain');
  });
});
