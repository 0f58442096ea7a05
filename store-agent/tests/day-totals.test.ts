import { describe, expect, test } from '@jest/globals';
import {
  addActivity,
  contribution,
  noActivity,
  type Activity,
  type DayTotal,
} from '@hq-sync/protocol/activity';
import type { Sale } from '@hq-sync/protocol/sale';
import { eventually } from '@hq-sync/testkit/eventually';
import fc from 'fast-check';
import { businessDateOf } from '../src/business-date.js';
import { atEnd, newDataDir, newHq, sale, startAgent } from './store.js';
import { DayTotals } from '../src/day-totals.js';
import { OfflineQueue } from '../src/offline-queue.js';
import { QueueDatabase } from '../src/queue-database.js';
import { StoreCalendar } from '../src/store-calendar.js';
import { StoreState } from '../src/store-state.js';

const noon = new Date('2026-11-23T19:00:00Z');

function openTotals() {
  const database = new QueueDatabase(newDataDir(), 64 * 1024 ** 2);
  atEnd(() => database.close());
  const state = new StoreState(database.db);
  const clock = () => noon;
  const calendar = new StoreCalendar(state, clock, { timezone: 'America/Denver', dayCutover: '04:00' });
  const totals = new DayTotals(database.db, calendar);
  return { totals, queue: new OfflineQueue(database, state, calendar, totals, clock) };
}

function amounts(grossMinor: number): Record<string, unknown> {
  return {
    grossMinor,
    discountMinor: 0,
    taxMinor: 0,
    lines: [{ productId: 'p', quantity: 1, grossMinor, discountMinor: 0, taxMinor: 0 }],
  };
}

const version = fc.record({
  kind: fc.constantFrom('sale', 'return'),
  status: fc.constantFrom('completed', 'voided'),
  currency: fc.constantFrom('USD', 'EUR'),
  grossMinor: fc.integer({ min: 0, max: 100_000 }),
});
const oneSale = fc.record({
  completedAt: fc.constantFrom(
    '2026-11-23T12:00:00-07:00',
    '2026-11-22T23:00:00-07:00',
    '2026-11-23T03:59:00-07:00',
  ),
  revisions: fc.uniqueArray(fc.tuple(fc.integer({ min: 1, max: 9 }), version), {
    minLength: 1,
    maxLength: 4,
    selector: ([revision]) => revision,
  }),
});

describe('day totals', () => {
  test('any order of revisions comes to what the highest ones alone come to', () => {
    // one database for all runs: each has record ids of its own and compares the growth
    const { totals, queue } = openTotals();
    let run = 0;
    let before = totals.recent();
    fc.assert(
      fc.property(fc.array(oneSale, { maxLength: 5 }), fc.infiniteStream(fc.nat()), (sales, order) => {
        run += 1;
        const all = sales.flatMap(({ completedAt, revisions }, index) =>
          revisions.map(([revision, { grossMinor, ...rest }]) => ({
            id: `s-${run}-${index}`,
            revision,
            data: sale({ completedAt, ...rest, ...amounts(grossMinor) }),
          })),
        );
        const shuffled = all
          .map((record) => ({ record, key: order.next().value }))
          .sort((a, b) => a.key - b.key);
        for (const { record } of shuffled) queue.enqueue('sales', [record], 2);

        const highest = all.filter(
          (one) => !all.some((other) => other.id === one.id && other.revision > one.revision),
        );
        const expected = new Map(before.map(keyed));
        for (const { data } of highest) {
          const of = data as unknown as Sale;
          const key = `${businessDateOf(Date.parse(of.completedAt), 'America/Denver', '04:00')} ${of.currency}`;
          expected.set(key, addActivity(expected.get(key) ?? noActivity, contribution(of)));
        }
        const after = totals.recent();
        expect(nonZero(new Map(after.map(keyed)))).toEqual(nonZero(expected));
        before = after;
      }),
      { numRuns: 100 },
    );
  });

  test('a later revision keeps the business date of the first', () => {
    const { totals, queue } = openTotals();
    queue.enqueue(
      'sales',
      [{ id: 's', revision: 1, data: sale({ completedAt: '2026-11-22T12:00:00-07:00' }) }],
      2,
    );
    queue.enqueue('sales', [{ id: 's', revision: 2, data: sale({ status: 'voided' }) }], 2);
    expect(totals.recent()).toEqual([
      { businessDate: '2026-11-22', currency: 'USD', ...noActivity, voidCount: 1, voidMinor: 1_000 },
    ]);
  });

  test('sales queued before the timezone was known are dated at the first welcome', async () => {
    const hq = await newHq();
    const dataDir = newDataDir();
    const clock = () => noon;
    const offline = await startAgent({ dataDir, clock });
    offline.enqueue('sales', {
      id: 's-1',
      revision: 1,
      data: sale({ completedAt: '2026-11-23T03:00:00-07:00' }),
    });
    offline.enqueue('sales', { id: 's-2', revision: 1, data: sale() });
    await offline.stop();
    hq.welcome = { heartbeatIntervalMs: 250 };
    const agent = await startAgent({ hqUrl: hq.url, dataDir, clock });
    agent.enqueue('sales', { id: 's-3', revision: 1, data: sale() });
    const days = await eventually(
      'the totals',
      () => hq.ofType('heartbeat').at(-1)?.days,
      (now) => now?.length === 2,
    );
    expect(days).toMatchObject([
      { businessDate: '2026-11-23', salesCount: 2 },
      { businessDate: '2026-11-22', salesCount: 1 },
    ]);
  });
});

describe('business date', () => {
  const at = (instant: string, cutover = '00:00', zone = 'America/Denver') =>
    businessDateOf(Date.parse(instant), zone, cutover);

  test('is the local date', () => {
    expect(at('2026-11-23T06:59:59Z')).toBe('2026-11-22');
    expect(at('2026-11-23T07:00:00Z')).toBe('2026-11-23');
  });

  test('changes at the cutover', () => {
    expect(at('2026-11-23T03:59:59-07:00', '04:00')).toBe('2026-11-22');
    expect(at('2026-11-23T04:00:00-07:00', '04:00')).toBe('2026-11-23');
  });

  test('follows the wall clock on the days that are an hour short or long', () => {
    // 2026-03-08 02:00 -07:00 becomes 03:00 -06:00; 2026-11-01 02:00 -06:00 becomes 01:00 -07:00
    expect(at('2026-03-08T04:30:00-06:00', '04:00')).toBe('2026-03-08');
    expect(at('2026-03-08T03:30:00-06:00', '04:00')).toBe('2026-03-07');
    expect(at('2026-11-01T01:30:00-06:00', '02:00')).toBe('2026-10-31');
    expect(at('2026-11-01T01:30:00-07:00', '02:00')).toBe('2026-10-31');
    expect(at('2026-11-01T02:00:00-07:00', '02:00')).toBe('2026-11-01');
  });

  test('is unknown in an unknown timezone', () => {
    expect(at('2026-11-23T12:00:00Z', '00:00', 'Mars/Olympus')).toBeNull();
  });
});

function keyed({ businessDate, currency, ...activity }: DayTotal): [string, Activity] {
  return [`${businessDate} ${currency}`, activity];
}

/** A day whose every sale was moved to another currency stays as a row of zeros. */
function nonZero(days: Map<string, Activity>): [string, Activity][] {
  return [...days].filter(([, activity]) => Object.values(activity).some((value) => value !== 0)).sort();
}
