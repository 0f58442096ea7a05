import { z } from 'zod';
import { businessDate, count, currency } from './primitives.js';
import type { Sale } from './sale.js';

/** What the sales of one business date and currency come to. Voids and returns are counted apart, by their gross. */
export const activity = z.object({
  salesCount: count,
  grossMinor: count,
  taxMinor: count,
  discountMinor: count,
  voidCount: count,
  voidMinor: count,
  returnCount: count,
  returnMinor: count,
});
export type Activity = z.infer<typeof activity>;

/** A store's own claim for one of its business dates. */
export const dayTotal = activity.extend({ businessDate, currency });
export type DayTotal = z.infer<typeof dayTotal>;

export const noActivity: Activity = {
  salesCount: 0,
  grossMinor: 0,
  taxMinor: 0,
  discountMinor: 0,
  voidCount: 0,
  voidMinor: 0,
  returnCount: 0,
  returnMinor: 0,
};

/** What one sale adds to its business date. A voided return adds nothing: it neither sold nor gave back. */
export function contribution(
  sale: Pick<Sale, 'kind' | 'status' | 'grossMinor' | 'taxMinor' | 'discountMinor'>,
): Activity {
  if (sale.kind === 'return') {
    return sale.status === 'voided'
      ? noActivity
      : { ...noActivity, returnCount: 1, returnMinor: sale.grossMinor };
  }
  if (sale.status === 'voided') return { ...noActivity, voidCount: 1, voidMinor: sale.grossMinor };
  return {
    ...noActivity,
    salesCount: 1,
    grossMinor: sale.grossMinor,
    taxMinor: sale.taxMinor,
    discountMinor: sale.discountMinor,
  };
}

/** `left + factor * right`, field by field; a factor of -1 takes a contribution back exactly. */
export function addActivity(left: Activity, right: Activity, factor: 1 | -1 = 1): Activity {
  return {
    salesCount: left.salesCount + factor * right.salesCount,
    grossMinor: left.grossMinor + factor * right.grossMinor,
    taxMinor: left.taxMinor + factor * right.taxMinor,
    discountMinor: left.discountMinor + factor * right.discountMinor,
    voidCount: left.voidCount + factor * right.voidCount,
    voidMinor: left.voidMinor + factor * right.voidMinor,
    returnCount: left.returnCount + factor * right.returnCount,
    returnMinor: left.returnMinor + factor * right.returnMinor,
  };
}
