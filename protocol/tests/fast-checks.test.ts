import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { limits } from '../src/limits.js';
import { currency, instant, isCurrency, isInstant } from '../src/primitives.js';
import { isRecordEnvelope, recordEnvelope } from '../src/record.js';
import { isSale, sale } from '../src/sale.js';

const anything = fc.oneof(
  fc.constantFrom(
    null,
    undefined,
    true,
    '',
    'x',
    0,
    -1,
    0.5,
    NaN,
    Infinity,
    1e13,
    -0,
    [],
    {},
    '\u0000',
    '\ud800',
  ),
  fc.string({ unit: 'binary', maxLength: limits.maxIdChars + 2 }),
  fc.integer(),
  fc.double(),
);
/** Mostly what fits, so that one fault at a time is met. */
const mostly = <T>(fits: fc.Arbitrary<T>): fc.Arbitrary<unknown> =>
  fc.oneof({ weight: 100, arbitrary: fits }, { weight: 1, arbitrary: anything });

const amount = fc.oneof(fc.integer({ min: 0, max: 10_000 }), fc.constantFrom(limits.maxAmountMinor));
const id = fc.string({ minLength: 1, maxLength: 12 });
const line = mostly(
  fc.record({
    productId: mostly(id),
    quantity: mostly(fc.oneof(fc.integer({ min: 0, max: 9 }), fc.constantFrom(0.25, 1e9, 1e9 + 1))),
    grossMinor: mostly(amount),
    discountMinor: mostly(amount),
    taxMinor: mostly(amount),
    more: anything,
  }),
);
const sales = fc.record(
  {
    kind: mostly(fc.constantFrom('sale', 'return')),
    status: mostly(fc.constantFrom('completed', 'voided')),
    completedAt: mostly(
      fc.constantFrom(
        '2026-03-29T01:59:59.999+01:00',
        '2026-11-01T01:30:00-06:00',
        '2026-07-01T12:00:00Z',
        '2026-02-30T00:00:00Z',
        '2026-01-01T00:00:00',
        '0000-01-01T00:00:00Z',
        '2026-01-01T00:00:00+15:00',
      ),
    ),
    currency: mostly(fc.constantFrom('USD', 'EUR', 'JPY', 'usd')),
    terminalId: mostly(id),
    grossMinor: mostly(amount),
    discountMinor: mostly(amount),
    taxMinor: mostly(amount),
    lines: mostly(fc.array(line, { maxLength: 4 })),
  },
  { requiredKeys: ['kind', 'status', 'completedAt', 'currency', 'lines'] },
);

test('isSale takes what sale takes, and nothing else', () => {
  const outcomes = { taken: 0, refused: 0 };
  fc.assert(
    fc.property(sales, (value) => {
      const taken = sale.safeParse(value).success;
      outcomes[taken ? 'taken' : 'refused'] += 1;
      expect(isSale(value)).toBe(taken);
    }),
    { numRuns: 5_000 },
  );
  expect(outcomes.taken).toBeGreaterThan(100);
  expect(outcomes.refused).toBeGreaterThan(100);
});

test('both bound the lines of a sale', () => {
  const one = { productId: 'p', quantity: 1, grossMinor: 1, discountMinor: 0, taxMinor: 0 };
  for (const count of [0, limits.maxSaleLines, limits.maxSaleLines + 1]) {
    const value = {
      kind: 'sale',
      status: 'completed',
      completedAt: '2026-01-01T00:00:00Z',
      currency: 'USD',
      terminalId: 'T1',
      grossMinor: count,
      discountMinor: 0,
      taxMinor: 0,
      lines: Array.from({ length: count }, () => one),
    };
    expect(isSale(value)).toBe(sale.safeParse(value).success);
    expect(isSale(value)).toBe(count <= limits.maxSaleLines);
  }
});

test('isRecordEnvelope takes what recordEnvelope takes, and nothing else', () => {
  const envelopes = fc.record(
    {
      id: mostly(id),
      revision: mostly(fc.constantFrom(1, 2, 2_147_483_647, 2_147_483_648, 0, 1.5)),
      data: mostly(fc.record({ a: anything })),
      more: anything,
    },
    { requiredKeys: ['id', 'revision'] },
  );
  const outcomes = { taken: 0, refused: 0 };
  fc.assert(
    fc.property(envelopes, (value) => {
      const taken = recordEnvelope.safeParse(value).success;
      outcomes[taken ? 'taken' : 'refused'] += 1;
      expect(isRecordEnvelope(value)).toBe(taken);
    }),
    { numRuns: 2_000 },
  );
  expect(outcomes.taken).toBeGreaterThan(100);
  expect(outcomes.refused).toBeGreaterThan(100);
});

test.each([
  ['isInstant', isInstant, instant],
  ['isCurrency', isCurrency, currency],
] as const)('%s takes what its schema takes, and nothing else', (_, is, schema) => {
  const texts = fc.oneof(
    anything,
    fc.constantFrom(
      'USD',
      'usd',
      'USDX',
      'US',
      'USD\n',
      '2026-01-01T00:00Z',
      '2026-02-29T00:00:00Z',
      '2024-02-29T00:00:00Z',
    ),
    fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
    fc
      .tuple(fc.integer({ min: 0, max: 25 }), fc.integer({ min: 0, max: 61 }), fc.constantFrom('+', '-', ''))
      .map(([hours, minutes, sign]) => {
        const two = (number: number) => String(number).padStart(2, '0');
        return `2026-07-${two(hours)}T${two(hours)}:${two(minutes)}:${two(minutes)}.5${sign}${two(hours)}:${two(minutes)}`;
      }),
  );
  fc.assert(
    fc.property(texts, (value) => expect(is(value)).toBe(schema.safeParse(value).success)),
    { numRuns: 5_000 },
  );
});
