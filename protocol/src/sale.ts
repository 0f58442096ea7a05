import { z } from 'zod';
import { limits } from './limits.js';
import { amountMinor, currency, id, instant } from './primitives.js';

/** One line of a sale. A quantity of zero is valid; fractions are for goods by weight. */
export const saleLine = z.looseObject({
  productId: id,
  quantity: z.number().min(0).max(1_000_000_000),
  grossMinor: amountMinor,
  discountMinor: amountMinor,
  taxMinor: amountMinor,
});

/**
 * A sale or a return as its store numbers it. `completedAt` decides the business date; the amounts are minor units
 * of `currency`, gross before discounts and without tax, and must equal the sums of the lines. Fields beyond these
 * are kept.
 */
export const sale = z.looseObject({
  kind: z.enum(['sale', 'return']),
  status: z.enum(['completed', 'voided']),
  completedAt: instant,
  currency,
  terminalId: id,
  grossMinor: amountMinor,
  discountMinor: amountMinor,
  taxMinor: amountMinor,
  lines: z.array(saleLine).max(limits.maxSaleLines),
});
export type Sale = z.infer<typeof sale>;

const amounts = ['grossMinor', 'discountMinor', 'taxMinor'] as const;

/** The first amount whose lines do not add up to the sale's own figure, or undefined when all do. */
export function differingTotal(value: Sale): (typeof amounts)[number] | undefined {
  return amounts.find((name) => value.lines.reduce((sum, line) => sum + line[name], 0) !== value[name]);
}
