import { replayEvents, type RealSale, type ReplayEvent, type ReplayStore } from '@hq-sync/simulator/replay';
import { readReplay } from '@hq-sync/simulator/replay-file';
import type { DayFigures, StoreDay } from '../day-figures.js';
import type { ChainYear } from '../real-day/chain-data.js';

const dayMs = 86_400_000;
/** Whole weeks, so that a Sunday stays one, and more than the 366 dates of a year with both its ends. */
const yearMs = 53 * 7 * dayMs;

/** What one store sold in a time, and what it comes to by business date, computed elsewhere. */
export interface Trade {
  readonly store: ReplayStore;
  readonly sales: readonly RealSale[];
  readonly perDay: ReadonlyMap<string, DayFigures>;
}

export async function readTrade({ salesFile, perDay }: ChainYear): Promise<Trade> {
  const { sales, stores } = await readReplay(salesFile);
  return { store: stores[0]!, sales, perDay };
}

/** The same trade once more for each of `years` years before, under ids and dates of its own. */
export function yearsBefore(trade: Trade, years: number): Trade {
  const moved = Array.from({ length: years }, (_, index) => yearBefore(trade, years - index));
  return {
    store: trade.store,
    sales: moved.flatMap(({ sales }) => sales),
    perDay: new Map(moved.flatMap(({ perDay }) => [...perDay])),
  };
}

/** What its tills write, voids as revisions of their own, in the order of time. */
export function recordsOf({ store, sales }: Trade): ReplayEvent['record'][] {
  return replayEvents(sales, [store], 'long-offline').map(({ record }) => record);
}

/** What HQ must come to hold. */
export function daysOf({ store: { storeId, currency }, perDay }: Trade): StoreDay[] {
  return [...perDay].map(([businessDate, figures]) => ({ storeId, businessDate, currency, ...figures }));
}

function yearBefore({ store, sales, perDay }: Trade, years: number): Trade {
  const back = (local: string): string =>
    new Date(Date.parse(`${local}Z`) - years * yearMs).toISOString().slice(0, local.length);
  return {
    store,
    sales: sales.map((sale) => ({
      ...sale,
      saleId: `${sale.saleId}-${years}`,
      completedAtLocal: back(sale.completedAtLocal),
    })),
    perDay: new Map([...perDay].map(([date, figures]) => [back(`${date}T12:00`).slice(0, 10), figures])),
  };
}
