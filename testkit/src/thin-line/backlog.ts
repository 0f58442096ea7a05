import type { Sale } from '@hq-sync/protocol/sale';
import { makeSale } from '@hq-sync/simulator/make-sale';
import { randomOf } from '@hq-sync/simulator/random';
import { StoreAgent } from '@hq-sync/store-agent/agent';
import type { DayFigures } from '../day-figures.js';

/** A week's shopping: a batch of 500 fills about a MiB, 90 KiB with gzip. */
const maxLines = 40;
const salesPerCall = 1_000;
/** Sales of two days, so that the totals have more than one row. */
const spanMs = 2 * 24 * 3_600_000;

/** Fills the queue of a store server that has no token yet, and returns what HQ must come to hold, by business date in UTC. */
export async function fillQueue(
  dataDir: string,
  sales: number,
  seed: string,
): Promise<Map<string, DayFigures>> {
  const agent = await StoreAgent.start({ hqUrl: 'http://127.0.0.1:9', token: '', dataDir, timezone: 'UTC' });
  const random = randomOf(seed);
  const days = new Map<string, DayFigures>();
  const endMs = Date.now();
  try {
    for (let first = 1; first <= sales; first += salesPerCall) {
      const count = Math.min(salesPerCall, sales - first + 1);
      const records = Array.from({ length: count }, (_, index) => {
        const number = first + index;
        const completedAt = new Date(endMs - spanMs + Math.floor((spanMs * number) / sales)).toISOString();
        const terminalId = `T${random.int(1, 6)}`;
        const context = { currency: 'USD', terminalId, completedAt };
        const data = makeSale(random, context, random.int(1, maxLines));
        add(days, completedAt.slice(0, 10), data);
        return { id: `sale-${number}`, revision: 1, data };
      });
      agent.enqueueAll('sales', records);
    }
  } finally {
    await agent.stop();
  }
  return days;
}

function add(days: Map<string, DayFigures>, date: string, sale: Sale): void {
  const day = days.get(date);
  days.set(date, {
    salesCount: (day?.salesCount ?? 0) + 1,
    grossMinor: (day?.grossMinor ?? 0) + sale.grossMinor,
    discountMinor: (day?.discountMinor ?? 0) + sale.discountMinor,
    taxMinor: (day?.taxMinor ?? 0) + sale.taxMinor,
    voidCount: 0,
    voidMinor: 0,
  });
}
