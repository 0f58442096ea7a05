import type { Sale } from '@hq-sync/protocol/sale';
import { DateTime } from 'luxon';
import { randomOf } from './random.js';

/** One line of a file of real sales. */
export interface RealSale {
  readonly storeId: string;
  readonly saleId: string;
  readonly terminalId: string;
  /** The store's own clock, without an offset: `2017-11-22T00:04:19`. */
  readonly completedAtLocal: string;
  readonly status: Sale['status'];
  readonly grossMinor: number;
  readonly discountMinor: number;
  readonly taxMinor: number;
  readonly lines: Sale['lines'];
}

export interface ReplayStore {
  readonly storeId: string;
  /** IANA name. */
  readonly timezone: string;
  readonly currency: string;
}

/** Something that the POS writes. */
export interface ReplayEvent {
  readonly storeId: string;
  /** When, in ms since 1970 of the file's own time. */
  readonly atMs: number;
  readonly entity: 'sales';
  readonly record: { readonly id: string; readonly revision: number; readonly data: Sale };
}

const minVoidDelayMs = 60_000;
const maxVoidDelayMs = 30 * 60_000;
/** A POS that sends a void at once and the sale from a buffer later. */
const swappedShare = 0.2;

/**
 * What the tills of these stores wrote, in the order of time. A voided sale is first completed (revision 1), later
 * voided (revision 2); some come the other way round. The seed decides when and which, never what: the records are
 * the same for every seed.
 * @throws Error for a sale of a store that is not in `stores`, or with a time that cannot be read.
 */
export function replayEvents(
  sales: readonly RealSale[],
  stores: readonly ReplayStore[],
  seed: string,
): ReplayEvent[] {
  const byId = new Map(stores.map((store) => [store.storeId, store]));
  const random = randomOf(seed);
  const events = sales.flatMap((sale): ReplayEvent[] => {
    const store = byId.get(sale.storeId);
    if (store === undefined)
      throw new Error(`sale ${sale.saleId} is of store ${sale.storeId}, which is not in the list`);
    const { storeId } = store;
    const completed = completedSale(sale, store);
    const atMs = Date.parse(completed.completedAt);
    const event = (revision: number, data: Sale, whenMs: number): ReplayEvent => ({
      storeId,
      atMs: whenMs,
      entity: 'sales',
      record: { id: sale.saleId, revision, data },
    });
    if (sale.status === 'completed') return [event(1, completed, atMs)];
    const voidedAtMs = atMs + random.int(minVoidDelayMs, maxVoidDelayMs);
    const swapped = random.chance(swappedShare);
    const voided: Sale = { ...completed, status: 'voided' };
    return [event(1, completed, swapped ? voidedAtMs : atMs), event(2, voided, swapped ? atMs : voidedAtMs)];
  });
  // The sort is stable: what happened in the same second keeps the file's order.
  return events.sort((left, right) => left.atMs - right.atMs);
}

export function eventsByStore(events: readonly ReplayEvent[]): Map<string, ReplayEvent[]> {
  const byStore = new Map<string, ReplayEvent[]>();
  for (const event of events) {
    const ofStore = byStore.get(event.storeId);
    if (ofStore === undefined) byStore.set(event.storeId, [event]);
    else ofStore.push(event);
  }
  return byStore;
}

function completedSale(sale: RealSale, { timezone, currency }: ReplayStore): Sale {
  const { terminalId, grossMinor, discountMinor, taxMinor, lines } = sale;
  const completedAt = DateTime.fromISO(sale.completedAtLocal, { zone: timezone }).toISO();
  if (completedAt === null)
    throw new Error(`sale ${sale.saleId}: ${sale.completedAtLocal} is no time in ${timezone}`);
  return {
    kind: 'sale',
    status: 'completed',
    completedAt,
    currency,
    terminalId,
    grossMinor,
    discountMinor,
    taxMinor,
    lines,
  };
}
