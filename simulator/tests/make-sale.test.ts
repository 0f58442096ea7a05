import { describe, expect, it } from '@jest/globals';
import { differingTotal, sale } from '@hq-sync/protocol/sale';
import { dataByEntity } from '@hq-sync/protocol/record';
import fc from 'fast-check';
import { makeReturn, makeSale, voided } from '../src/make-sale.js';
import { randomOf } from '../src/random.js';

const context = { currency: 'EUR', terminalId: 'T1', completedAt: '2026-03-29T01:30:00.000+01:00' };

describe('made sales', () => {
  it('are valid, with totals that are the sums of their lines', () => {
    fc.assert(
      fc.property(fc.string(), (seed) => {
        const random = randomOf(seed);
        for (const made of [makeSale(random, context), makeReturn(random, context)]) {
          expect(sale.parse(made)).toEqual(made);
          expect(differingTotal(made)).toBeUndefined();
          expect(made.discountMinor).toBeLessThanOrEqual(made.grossMinor);
          expect(dataByEntity['sales']?.safeParse(made).success).toBe(true);
        }
      }),
    );
  });

  it('are the same for the same seed', () => {
    fc.assert(
      fc.property(fc.string(), (seed) => {
        expect(makeSale(randomOf(seed), context)).toEqual(makeSale(randomOf(seed), context));
      }),
    );
  });

  it('keep all but the status when they are voided', () => {
    const made = makeSale(randomOf('one'), context);
    expect(voided(made)).toEqual({ ...made, status: 'voided' });
  });
});

describe('the source of numbers', () => {
  it('stays in its range and reaches both ends', () => {
    const random = randomOf('range');
    const drawn = Array.from({ length: 2_000 }, () => random.int(3, 7));
    expect(new Set(drawn)).toEqual(new Set([3, 4, 5, 6, 7]));
  });
});
