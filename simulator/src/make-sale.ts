import type { Sale } from '@hq-sync/protocol/sale';
import { catalogue } from './catalogue.js';
import type { Random } from './random.js';

const maxLines = 9;
const taxPercent = 7;
const discountedLines = 0.2;
const discountPercents = [5, 10, 20, 50] as const;

export interface SaleContext {
  readonly currency: string;
  readonly terminalId: string;
  /** RFC 3339 with offset. */
  readonly completedAt: string;
}

/** A sale as a till makes it: its totals are the sums of its lines, tax is on what is left after the discount. */
export function makeSale(random: Random, context: SaleContext, lineCount = random.int(1, maxLines)): Sale {
  return saleOf('sale', random, context, lineCount);
}

/** Goods that come back; a kind of its own, with positive amounts. */
export function makeReturn(random: Random, context: SaleContext): Sale {
  return saleOf('return', random, context, 1);
}

/** The later revision of a sale that was voided: the same sale, on the same instant. */
export function voided(sale: Sale): Sale {
  return { ...sale, status: 'voided' };
}

function saleOf(kind: Sale['kind'], random: Random, context: SaleContext, lineCount: number): Sale {
  const lines = Array.from({ length: lineCount }, () => makeLine(random));
  const sum = (name: 'grossMinor' | 'discountMinor' | 'taxMinor'): number =>
    lines.reduce((total, line) => total + line[name], 0);
  return {
    kind,
    status: 'completed',
    ...context,
    grossMinor: sum('grossMinor'),
    discountMinor: sum('discountMinor'),
    taxMinor: sum('taxMinor'),
    lines,
  };
}

function makeLine(random: Random): Sale['lines'][number] {
  const product = random.pick(catalogue);
  const quantity = product.byWeight ? random.int(80, 2_500) / 1_000 : random.int(1, 4);
  const grossMinor = Math.round(quantity * product.priceMinor);
  const percent = random.chance(discountedLines) ? random.pick(discountPercents) : 0;
  const discountMinor = Math.round((grossMinor * percent) / 100);
  const taxMinor = product.taxed ? Math.round(((grossMinor - discountMinor) * taxPercent) / 100) : 0;
  return { productId: product.id, quantity, grossMinor, discountMinor, taxMinor };
}
