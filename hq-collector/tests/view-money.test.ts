import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { minorDigits } from '@hq-sync/protocol/currency';
import { createTestDatabase, type TestDatabase } from '@hq-sync/testkit/test-database';
import fc from 'fast-check';
import { formatMoney } from '../src/page/money.js';

/** Those with a sign of their own in hq_view.money, and some that are written with their code. */
const written =
  'USD EUR GBP JPY CAD AUD NZD MXN BRL CNY HKD TWD KRW INR ILS PHP VND CHF SEK PLN HUF KWD IQD CLF ISK'.split(
    ' ',
  );

let database: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase();
});

afterAll(() => database.drop());

describe('money in SQL', () => {
  it('has as many minor digits as everywhere else, for every currency', async () => {
    const currencies = Intl.supportedValuesOf('currency');
    const { rows } = await database.pool.query<{ currency: string; digits: number }>(
      'select currency, hq_view.minor_digits(currency) as digits from unnest($1::text[]) as currency',
      [currencies],
    );
    expect(Object.fromEntries(rows.map(({ currency, digits }) => [currency, digits]))).toEqual(
      Object.fromEntries(currencies.map((currency) => [currency, minorDigits(currency)])),
    );
  });

  it('reads as on the page, at any size', async () => {
    const amounts = fc.sample(fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n }), { numRuns: 100, seed: 1 });
    for (const currency of written) {
      const minors = [0n, 1n, -1n, 99n, 100n, 999n, 1_000n, 123_456_789n, ...amounts];
      const { rows } = await database.pool.query<{ text: string }>(
        'select hq_view.money(minor, $2) as text from unnest($1::numeric[]) with ordinality as u(minor, n) order by n',
        [minors.map(String), currency],
      );
      expect(rows.map(({ text }) => text)).toEqual(minors.map((minor) => formatMoney(minor, currency)));
    }
  });
});
