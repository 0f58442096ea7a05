import path from 'node:path';
import type { Sale } from '@hq-sync/protocol/sale';
import { makeSale } from '@hq-sync/simulator/make-sale';
import { randomOf } from '@hq-sync/simulator/random';
import { replayEvents } from '@hq-sync/simulator/replay';
import { readReplay } from '@hq-sync/simulator/replay-file';

const madeSales = 4_000;
const currency = 'USD';

export interface PushedSale {
  readonly id: string;
  readonly revision: number;
  readonly data: Sale;
}

/**
 * Revisions of sales with their lines, in the order in which a store's tills wrote them: a real store's year where
 * HQ_CHAIN_DATA names its folder, else made up.
 */
export async function readSales(): Promise<{ readonly source: string; readonly sales: PushedSale[] }> {
  const folder = process.env['HQ_CHAIN_DATA'];
  if (folder === undefined) {
    const random = randomOf('push bench');
    const context = { currency, terminalId: 'T1', completedAt: '2025-03-01T12:00:00Z' };
    return {
      source: 'made-up sales',
      sales: Array.from({ length: madeSales }, (_, index) => ({
        id: `made-${index}`,
        revision: 1,
        data: makeSale(random, context),
      })),
    };
  }
  const { sales, stores } = await readReplay(path.join(folder, 'sales-store-367-2017.ndjson.gz'));
  return {
    source: `real sales`,
    sales: replayEvents(sales, stores, 'push bench').map(({ record }) => record),
  };
}

/** The same sales under other ids, again and again until there are `count`. */
export function repeatSales(sales: readonly PushedSale[], count: number, prefix: string): PushedSale[] {
  return Array.from({ length: count }, (_, index) => {
    const sale = sales[index % sales.length]!;
    return { ...sale, id: `${prefix}-${Math.floor(index / sales.length)}-${sale.id}` };
  });
}
