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

/** Whether a store in Paris is open at this local time. */
const openAt = async (storeId: string, local: string): Promise<boolean> =>
  (
    await ask(
      `select hq.is_open(s, $2::timestamp at time zone 'Europe/Paris') as open from hq.store s where store_id = $1`,
      [storeId, local],
    )
  ).open;

describe('opening hours', () => {
  beforeAll(() => hq.admin.createStore({ storeId: 'hours', region: 'north', timezone: 'Europe/Paris' }));
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
    await hq.admin.call('PATCH', '/stores/hours', { openingHours: hours });
    expect(await openAt('hours', local)).toBe(open);
  });

  test('none given: always', async () => {
    await hq.admin.call('PATCH', '/stores/hours', { openingHours: null });
    expect(await openAt('hours', '2026-11-24T03:00')).toBe(true);
    const { body } = await hq.admin.call('POST', '/holidays', {
      day: '2026-11-24',
      name: 'stocktaking',
      scope: { storeId: 'hours' },
    });
    expect(await openAt('hours', '2026-11-24T03:00')).toBe(false);
    expect(await openAt('hours', '2026-11-25T00:00')).toBe(true);
    await hq.admin.call('DELETE', `/holidays/${body.holidayId}`);
  });

  test('a holiday has its own hours: of the store before those of the region, these before those of all', async () => {
    await hq.admin.createStore({ storeId: 'other', region: 'north', timezone: 'Europe/Paris' });
    const set = (scope: object, closing: string[][]) =>
      hq.admin.call('POST', '/holidays', { day: '2026-12-24', name: 'eve', scope, hours: closing });
    await hq.admin.call('PATCH', '/stores/hours', { openingHours: hours });
    const both = async (local: string) => [await openAt('hours', local), await openAt('other', local)];
    expect(await both('2026-12-24T10:00')).toEqual([false, true]); // a Thursday, which has no hours
    expect((await set({ all: true }, [])).status).toBe(201);
    expect(await both('2026-12-24T10:00')).toEqual([false, false]);
    expect((await set({ all: true }, [])).body).toMatchObject({ code: 'holiday_exists' });
    await set({ region: 'north' }, [['09:00', '12:00']]);
    expect(await both('2026-12-24T10:00')).toEqual([true, true]);
    const { body } = await set({ storeId: 'other' }, [['22:00', '03:00']]);
    expect(await both('2026-12-24T10:00')).toEqual([true, false]);
    expect(await both('2026-12-25T02:00')).toEqual([false, true]); // the night belongs to the day before
    expect((await hq.admin.call('DELETE', `/holidays/${body.holidayId}`)).status).toBe(200);
    expect(await both('2026-12-24T10:00')).toEqual([true, true]);
    expect((await set({ region: 'nowhere' }, [])).body).toMatchObject({ code: 'region_not_found' });
  });
});

describe('a maintenance window', () => {
  const expected = async () =>
    (
      await hq.database.pool.query<{ store_id: string; expected_online: boolean; in_maintenance: boolean }>(
        `select store_id, expected_online, in_maintenance from hq_view.stores where store_id in ('hours', 'other') order by 1`,
      )
    ).rows.map((row) => [row.expected_online, row.in_maintenance]);
  const start = (scope: object, from: string | undefined, until: string) =>
    hq.admin.call('POST', '/maintenance-windows', {
      scope,
      ...(from && { startsAt: from }),
      endsAt: until,
      reason: 'new tills',
    });

  test('takes a store, a region or all from those that are expected, until its end or until somebody ends it', async () => {
    await hq.admin.call('PATCH', '/stores/hours', { openingHours: null });
    await setNow('2026-11-24T10:00:00Z');
    expect(await expected()).toEqual([
      [true, false],
      [true, false],
    ]);
    const one = await start({ storeId: 'hours' }, undefined, '2026-11-24T11:00:00Z');
    expect(one).toMatchObject({ status: 201, body: { active: true, scope: { storeId: 'hours' } } });
    expect(await expected()).toEqual([
      [false, true],
      [true, false],
    ]);
    await start({ region: 'north' }, '2026-11-24T10:30:00Z', '2026-11-24T10:40:00Z');
    await setNow('2026-11-24T10:30:00Z');
    expect((await expected())[1]).toEqual([false, true]);
    await setNow('2026-11-24T10:45:00Z');
    expect(await expected()).toEqual([
      [false, true],
      [true, false],
    ]);
    const end = () => hq.admin.call('POST', `/maintenance-windows/${one.body.windowId}/end`);
    expect(await end()).toMatchObject({ status: 200, body: { active: false } });
    expect((await expected())[0]).toEqual([true, false]);
    expect((await end()).body).toMatchObject({ code: 'maintenance_ended' });
    await start({ all: true }, undefined, '2026-11-24T11:00:00Z');
    expect(await expected()).toEqual([
      [false, true],
      [false, true],
    ]);
    const { body } = await hq.admin.call('GET', '/maintenance-windows?active=true');
    expect(body.items).toMatchObject([{ scope: { all: true }, reason: 'new tills', active: true }]);
    const { body: trail } = await hq.admin.call('GET', '/audit?storeId=hours');
    expect(trail.items.map(({ action }: { action: string }) => action)).toEqual(
      expect.arrayContaining(['maintenance.start', 'maintenance.end']),
    );
  });

  test('that is over, longer than 90 days, or of nobody is refused', async () => {
    await setNow('2026-11-24T10:00:00Z');
    expect((await start({ all: true }, undefined, '2026-11-24T09:00:00Z')).status).toBe(400);
    expect((await start({ all: true }, undefined, '2027-06-01T00:00:00Z')).status).toBe(400);
    expect((await start({ storeId: 'nobody' }, undefined, '2026-11-24T11:00:00Z')).status).toBe(404);
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
