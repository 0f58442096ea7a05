import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { limits } from '../src/limits.js';
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
