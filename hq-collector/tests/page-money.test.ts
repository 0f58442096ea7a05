import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { formatMoney } from '../src/page/money.js';

describe('money', () => {
  it('has the minor digits of its currency', () => {
    expect(formatMoney(123_456n, 'USD')).toBe('$1,234.56');
    expect(formatMoney(5n, 'EUR')).toBe('€0.05');
    expect(formatMoney(123_456n, 'JPY')).toBe('¥123,456');
    expect(formatMoney(1_234_567n, 'KWD')).toMatch(/1,234\.567$/);
    expect(formatMoney(-1n, 'USD')).toBe('-$0.01');
  });

  it('counts minor units by ISO 4217, also where shops have no coins', () => {
    expect(formatMoney(123_456n, 'HUF')).toMatch(/1,234\.56$/);
    expect(formatMoney(123_456n, 'IDR')).toMatch(/1,234\.56$/);
    expect(formatMoney(1_234_567n, 'IQD')).toMatch(/1,234\.567$/);
  });

  it('is exact beyond what a float holds', () => {
    expect(formatMoney(900_719_925_474_099_301n, 'USD')).toBe('$9,007,199,254,740,993.01');
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 10n ** 20n }), (minor) => {
        expect(BigInt(formatMoney(minor, 'EUR').replaceAll(/[€,.]/g, ''))).toBe(minor);
      }),
    );
  });

  it('leaves minor units out of large amounts when it is compact', () => {
    expect(formatMoney(999_999n, 'USD', true)).toBe('$9,999.99');
    expect(formatMoney(1_000_099n, 'USD', true)).toBe('$10,000');
  });
});
