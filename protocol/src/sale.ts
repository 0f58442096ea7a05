import { z } from 'zod';
import { limits } from './limits.js';
import {
  amountMinor,
  currency,
  id,
  instant,
  isAmountMinor,
  isCurrency,
  isId,
  isInstant,
} from './primitives.js';

const maxQuantity = 1_000_000_000;

/** One line of a sale. A quantity of zero is valid; fractions are for goods by weight. */
export const saleLine = z.looseObject({
  productId: id,
  quantity: z.number().min(0).max(maxQuantity),
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

/**
 * Whether `sale` takes it, without saying why not. A push spends a quarter of its time in `sale` and a twentieth here;
 * a property test holds the two to each other.
 */
export function isSale(value: Record<string, unknown>): value is Sale {
  const { kind, status, completedAt, currency: code, terminalId, lines } = value;
  return (
    (kind === 'sale' || kind === 'return') &&
    (status === 'completed' || status === 'voided') &&
    amounts.every((name) => isAmountMinor(value[name])) &&
    isId(terminalId) &&
    Array.isArray(lines) &&
    lines.length <= limits.maxSaleLines &&
    lines.every(isSaleLine) &&
    isCurrency(code) &&
    isInstant(completedAt)
  );
}

function isSaleLine(value: unknown): boolean {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return false;
  const { productId, quantity, grossMinor, discountMinor, taxMinor } = value as Record<string, unknown>;
  return (
    isId(productId) &&
    typeof quantity === 'number' &&
    quantity >= 0 &&
    quantity <= maxQuantity &&
    isAmountMinor(grossMinor) &&
    isAmountMinor(discountMinor) &&
    isAmountMinor(taxMinor)
  );
}

const amounts = ['grossMinor', 'discountMinor', 'taxMinor'] as const;

/** The first amount whose lines do not add up to the sale's own figure, or undefined when all do. */
export function differingTotal(value: Sale): (typeof amounts)[number] | undefined {
  return amounts.find((name) => value.lines.reduce((sum, line) => sum + line[name], 0) !== value[name]);
}
