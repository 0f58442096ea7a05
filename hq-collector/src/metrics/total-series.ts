import type { AddSeries } from './store-family.js';

/** A series for each known label value, 0 where there is no row, and for any other value that has a row. */
export function everyTotal(
  known: readonly string[],
  totals: ReadonlyMap<string, number>,
  add: AddSeries,
): void {
  let rowsSeen = 0;
  for (const value of known) {
    const total = totals.get(value);
    if (total !== undefined) rowsSeen++;
    add(total ?? 0, value);
  }
  if (rowsSeen === totals.size) return;
  for (const [value, total] of totals) if (!known.includes(value)) add(total, value);
}
