/** One business date's figures, as the truth files of the chain name them. */
export interface DayFigures {
  readonly salesCount: number;
  readonly grossMinor: number;
  readonly taxMinor: number;
  readonly discountMinor: number;
  readonly voidCount: number;
  readonly voidMinor: number;
}

/** The figures of one store, business date and currency. */
export interface StoreDay extends DayFigures {
  readonly storeId: string;
  /** `2017-11-22` */
  readonly businessDate: string;
  readonly currency: string;
}

/** Every day that HQ holds, each row a {@link StoreDay}. */
export const heldDaysSql = `
  select store_id as "storeId", business_date::text as "businessDate", currency, sales_count::float8 as "salesCount",
    gross_minor::float8 as "grossMinor", tax_minor::float8 as "taxMinor", discount_minor::float8 as "discountMinor",
    void_count::float8 as "voidCount", void_minor::float8 as "voidMinor"
  from hq_view.activity`;

const figures = [
  'salesCount',
  'grossMinor',
  'taxMinor',
  'discountMinor',
  'voidCount',
  'voidMinor',
] as const satisfies readonly (keyof DayFigures)[];

/** What HQ holds against the truth, in words; empty when every day is exact and there is no other one. */
export function dayDifferences(held: readonly StoreDay[], truth: readonly StoreDay[]): string[] {
  const rest = new Map(held.map((day) => [nameOf(day), day]));
  const found: string[] = [];
  for (const expected of truth) {
    const name = nameOf(expected);
    const day = rest.get(name);
    rest.delete(name);
    if (day === undefined) {
      found.push(`${name}: HQ has nothing`);
      continue;
    }
    for (const figure of figures)
      if (day[figure] !== expected[figure])
        found.push(`${name}: ${figure} is ${day[figure]}, the truth is ${expected[figure]}`);
  }
  return [...found, ...[...rest.keys()].map((name) => `${name}: HQ has figures of a day that was not`)];
}

function nameOf({ storeId, businessDate, currency }: StoreDay): string {
  return `store ${storeId}, ${businessDate}, ${currency}`;
}
