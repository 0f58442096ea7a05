import { isDeepStrictEqual } from 'node:util';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { noActivity } from '../src/activity.js';
import { isHeartbeat } from '../src/is-heartbeat.js';
import { limits } from '../src/limits.js';
import { heartbeat } from '../src/store-message.js';

/** As it comes out of JSON.parse. */
const anything = fc.oneof(
  fc.constantFrom(null, true, '', 'x', 'Push', 0, -1, 0.5, 2 ** 53, [], {}, [{}], '\u0000', '\ud800'),
  fc.string({ unit: 'binary', maxLength: limits.maxIdChars + 2 }),
  fc.integer(),
);
/** Mostly what fits, so that one fault at a time is met. */
const mostly = <T>(fits: fc.Arbitrary<T>): fc.Arbitrary<unknown> =>
  fc.oneof({ weight: 150, arbitrary: fits }, { weight: 1, arbitrary: anything });
/** Now and then a field too few or too many. */
const record = (fields: Record<string, fc.Arbitrary<unknown>>): fc.Arbitrary<unknown> => {
  const names = Object.keys(fields);
  const whole = fc.record(fields);
  return fc.oneof(
    { weight: 60, arbitrary: whole },
    { weight: 1, arbitrary: fc.record(fields, { requiredKeys: names.slice(1) as never[] }) },
    { weight: 1, arbitrary: fc.record({ ...fields, more: anything }) },
  );
};

const instant = mostly(
  fc.oneof(
    { weight: 30, arbitrary: fc.constantFrom('2026-03-29T01:59:59.999+01:00', '2026-07-01T12:00:00Z') },
    {
      weight: 1,
      arbitrary: fc.constantFrom(
        '2026-02-30T00:00:00Z',
        '2026-01-01T00:00:00',
        '0000-01-01T00:00:00Z',
        '2026-01-01T00:00:00+15:00',
      ),
    },
  ),
);
const instantOrNull = fc.oneof(instant, fc.constant(null));
const count = mostly(
  fc.oneof({ weight: 20, arbitrary: fc.nat() }, fc.constantFrom(0, Number.MAX_SAFE_INTEGER)),
);
const id = mostly(fc.string({ minLength: 1, maxLength: 12, unit: 'grapheme-ascii' }));
const listOf = (item: fc.Arbitrary<unknown>) => mostly(fc.array(mostly(item), { maxLength: 3 }));

const openRegister = { terminalId: id, openedAt: instant };
const heartbeats = record({
  type: fc.constant('heartbeat'),
  clock: instant,
  openRegisters: listOf(fc.oneof(record(openRegister), record({ ...openRegister, cashierId: id }))),
  lastSaleAt: instantOrNull,
  queues: listOf(
    record({
      entity: mostly(fc.constantFrom('sales', 'a_1')),
      direction: mostly(fc.constantFrom('push', 'pull')),
      pendingRecords: count,
      oldestPendingAt: instantOrNull,
      attempt: count,
      nextTryAt: instantOrNull,
    }),
  ),
  days: listOf(
    record({
      salesCount: count,
      grossMinor: count,
      taxMinor: count,
      discountMinor: count,
      voidCount: count,
      voidMinor: count,
      returnCount: count,
      returnMinor: count,
      businessDate: mostly(fc.constantFrom('2026-02-28', '2026-11-23')),
      currency: mostly(fc.constantFrom('USD', 'EUR')),
    }),
  ),
  disk: mostly(record({ usedBytes: count, limitBytes: count })),
  withheldRecords: count,
});

test('isHeartbeat takes what heartbeat takes and leaves as it is, and nothing else', () => {
  const outcomes = { taken: 0, changed: 0, refused: 0 };
  fc.assert(
    fc.property(heartbeats, (generated) => {
      const value: unknown = JSON.parse(JSON.stringify(generated));
      const { success, data } = heartbeat.safeParse(value);
      const unchanged = success && isDeepStrictEqual(data, value);
      outcomes[unchanged ? 'taken' : success ? 'changed' : 'refused'] += 1;
      expect(isHeartbeat(value)).toBe(unchanged);
    }),
    { numRuns: 5_000 },
  );
  expect(outcomes.taken).toBeGreaterThan(500);
  expect(outcomes.changed).toBeGreaterThan(50);
  expect(outcomes.refused).toBeGreaterThan(500);
});

const at = '2026-07-01T12:00:00Z';
const empty = {
  type: 'heartbeat',
  clock: at,
  openRegisters: [],
  lastSaleAt: null,
  queues: [],
  days: [],
  disk: { usedBytes: 0, limitBytes: 0 },
  withheldRecords: 0,
};
const queue = {
  entity: 'sales',
  direction: 'push',
  pendingRecords: 0,
  oldestPendingAt: null,
  attempt: 0,
  nextTryAt: null,
};

test.each([
  ['openRegisters', limits.maxOpenRegisters, { terminalId: 'T1', openedAt: at }],
  ['queues', limits.maxQueues, queue],
  ['days', limits.maxDayTotals, { ...noActivity, businessDate: '2026-07-01', currency: 'USD' }],
])('both bound %s', (field, most, item) => {
  for (const length of [most, most + 1]) {
    const value = { ...empty, [field]: Array.from({ length }, () => item) };
    expect(heartbeat.safeParse(value).success).toBe(length <= most);
    expect(isHeartbeat(value)).toBe(length <= most);
  }
});
