import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startTestCollector, type TestCollector } from '@hq-sync/testkit/test-collector';
import { push, saleRecord } from '@hq-sync/testkit/wire-store';

let hq: TestCollector;
beforeAll(async () => {
  hq = await startTestCollector();
});
afterAll(() => hq.stop());

const setNow = (at: string) =>
  hq.database.pool.query(
    'insert into hq.business_clock (fixed_at) values ($1) on conflict (singleton) do update set fixed_at = excluded.fixed_at',
    [at],
  );
const ask = async (sql: string, values: unknown[]) => (await hq.database.pool.query(sql, values)).rows[0];

describe("the business date is the store's own day", () => {
  test.each([
    // zone, cutover, instant, date
    ['America/Denver', '00:00', '2026-11-24T06:59:59Z', '2026-11-23'],
    ['America/Denver', '00:00', '2026-11-24T07:00:00Z', '2026-11-24'],
    ['America/New_York', '04:00', '2026-11-24T08:59:59Z', '2026-11-23'],
    ['America/New_York', '04:00', '2026-11-24T09:00:00Z', '2026-11-24'],
    // The clock goes forward at 02:00: the day has 23 hours.
    ['America/New_York', '00:00', '2026-03-08T04:59:59Z', '2026-03-07'],
    ['America/New_York', '00:00', '2026-03-08T05:00:00Z', '2026-03-08'],
    ['America/New_York', '00:00', '2026-03-09T03:59:59Z', '2026-03-08'],
    ['America/New_York', '00:00', '2026-03-09T04:00:00Z', '2026-03-09'],
    // ... and back at 02:00: 25 hours, the hour from one to two comes twice.
    ['America/New_York', '00:00', '2026-11-01T05:30:00Z', '2026-11-01'],
    ['America/New_York', '00:00', '2026-11-01T06:30:00Z', '2026-11-01'],
    ['America/New_York', '00:00', '2026-11-02T04:59:59Z', '2026-11-01'],
    ['America/New_York', '00:00', '2026-11-02T05:00:00Z', '2026-11-02'],
    ['Europe/Berlin', '03:00', '2026-03-29T00:59:59Z', '2026-03-28'],
    ['Europe/Berlin', '03:00', '2026-03-29T01:00:00Z', '2026-03-29'],
    ['Asia/Kathmandu', '00:00', '2026-05-01T18:14:59Z', '2026-05-01'],
    ['Asia/Kathmandu', '00:00', '2026-05-01T18:15:00Z', '2026-05-02'],
  ])('%s, cutover %s: %s is %s', async (zone, cutover, at, date) => {
    expect(await ask('select hq.business_date($1, $2, $3::time)::text as date', [at, zone, cutover])).toEqual(
      { date },
    );
  });
});

test.each([
  ['an ordinary day', 'America/Chicago', '04:00', '2026-06-10T08:59:59Z', '2026-06-10T09:00:00Z'],
  ['the day that loses an hour', 'America/Chicago', '00:00', '2026-03-09T04:59:59Z', '2026-03-09T05:00:00Z'],
  ['the day that gains an hour', 'America/Chicago', '00:00', '2026-11-02T05:59:59Z', '2026-11-02T06:00:00Z'],
])(
  "at the cutover today's figures begin at zero without a restart: %s",
  async (name, timezone, dayCutover, before, after) => {
    const storeId = `cutover ${name}`;
    await hq.admin.createStore({ storeId, timezone, dayCutover });
    const { token } = await hq.admin.generateToken(storeId);
    const today = () =>
      ask(
        'select business_date::text, sales_count::int, gross_minor::int, void_count::int from hq_view.stores where store_id = $1',
        [storeId],
      );

    await setNow(before);
    await push(hq.url, token, [
      saleRecord('a', { completedAt: before }),
      saleRecord('b', { completedAt: before, status: 'voided' }),
    ]);
    const yesterday = await today();
    expect(yesterday).toMatchObject({ sales_count: 1, gross_minor: 1000, void_count: 1 });

    await setNow(after);
    const next = await today();
    expect(next).toMatchObject({ sales_count: 0, gross_minor: 0, void_count: 0 });
    expect(next.business_date > yesterday.business_date).toBe(true);

    await push(hq.url, token, [saleRecord('c', { completedAt: after })]);
    expect(await today()).toMatchObject({ sales_count: 1 });
    const { body } = await hq.admin.call('GET', `/stores/${encodeURIComponent(storeId)}/status`);
    expect(
      body.activity.map((day: { businessDate: string; salesCount: number }) => [
        day.businessDate,
        day.salesCount,
      ]),
    ).toEqual([
      [next.business_date, 1],
      [yesterday.business_date, 1],
    ]);
  },
);

describe('opening hours', () => {
  const hours = {
    mon: [
      ['08:00', '12:00'],
      ['14:00', '20:00'],
    ],
    fri: [['20:00', '02:00']],
  };
  test.each([
    ['2026-11-23T08:00', true],
    ['2026-11-23T07:59', false],
    ['2026-11-23T12:00', false],
    ['2026-11-23T19:59', true],
    ['2026-11-24T09:00', false],
    ['2026-11-27T23:00', true],
    ['2026-11-28T01:59', true],
    ['2026-11-28T02:00', false],
  ])('local %s: %s', async (local, open) => {
    expect(
      await ask(`select hq.is_open($1, 'Europe/Paris', $2::timestamp at time zone 'Europe/Paris') as open`, [
        JSON.stringify(hours),
        local,
      ]),
    ).toEqual({ open });
  });

  test('none given: always', async () => {
    expect(await ask(`select hq.is_open(null, 'UTC', now()) as open`, [])).toEqual({ open: true });
  });
});

test('"in the future" is judged after taking the store\'s skew out', async () => {
  await hq.admin.createStore({ storeId: 'fast' });
  const { token } = await hq.admin.generateToken('fast');
  await setNow('2026-06-10T12:00:00Z');
  const sale = saleRecord('a', { completedAt: '2026-06-12T11:00:00Z' }); // 47 h ahead
  expect((await push(hq.url, token, [sale])).body.records[0]).toMatchObject({ code: 'record_in_the_future' });
  await hq.database.pool.query(
    `update hq.store_connection set clock_skew_ms = 24 * 3600000 where store_id = 'fast'`,
  );
  expect((await push(hq.url, token, [{ ...sale, id: 'b' }])).body).toMatchObject({ accepted: 1 });
});
