import { formatMoney } from '@hq-sync/hq-collector/page/money';
import type { StoreRow } from './store-row.js';

type Amounts = Pick<
  StoreRow,
  'salesCount' | 'grossMinor' | 'taxMinor' | 'discountMinor' | 'voidCount' | 'voidMinor'
>;

const none: Amounts = {
  salesCount: 0n,
  grossMinor: 0n,
  taxMinor: 0n,
  discountMinor: 0n,
  voidCount: 0n,
  voidMinor: 0n,
};

/** One line a currency: money of different currencies is never added. */
export function renderTotals(rows: readonly StoreRow[]): string[] {
  const byCurrency = new Map<string, Amounts>();
  for (const row of rows) byCurrency.set(row.currency, sum(byCurrency.get(row.currency) ?? none, row));
  return [...byCurrency]
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([currency, total]) => {
      const money = (minor: bigint): string => formatMoney(minor, currency);
      return (
        `${currency}  ${total.salesCount} sales  revenue ${money(total.grossMinor)}  tax ${money(total.taxMinor)}  ` +
        `discounts ${money(total.discountMinor)}  voids ${total.voidCount}, ${money(total.voidMinor)}`
      );
    });
}

function sum(left: Amounts, right: Amounts): Amounts {
  return {
    salesCount: left.salesCount + right.salesCount,
    grossMinor: left.grossMinor + right.grossMinor,
    taxMinor: left.taxMinor + right.taxMinor,
    discountMinor: left.discountMinor + right.discountMinor,
    voidCount: left.voidCount + right.voidCount,
    voidMinor: left.voidMinor + right.voidMinor,
  };
}
