import type { RealSale } from '@hq-sync/simulator/replay';
import { makeSale } from '@hq-sync/simulator/make-sale';
import { randomOf } from '@hq-sync/simulator/random';
import type { DayFigures } from '../src/day-figures.js';
import type { Trade } from '../src/long-offline/trade.js';

/** Every fifth sale is voided; some are a minute before or after midnight. */
export function madeUpTrade(dates: readonly string[], salesPerDate: number): Trade {
  const random = randomOf('made-up trade');
  const store = { storeId: '42', timezone: 'America/Los_Angeles', currency: 'USD' };
  const perDay = new Map<string, DayFigures>();
  const sales = dates.flatMap((date) => {
    const day = { salesCount: 0, grossMinor: 0, taxMinor: 0, discountMinor: 0, voidCount: 0, voidMinor: 0 };
    perDay.set(date, day);
    return Array.from({ length: salesPerDate }, (_, index): RealSale => {
      const time = ['00:00:59', '23:59:01', `${random.int(10, 21)}:30:00`][Math.min(index, 2)]!;
      const status = index % 5 === 4 ? 'voided' : 'completed';
      const context = { currency: store.currency, terminalId: `T${random.int(1, 4)}`, completedAt: '' };
      const { terminalId, grossMinor, discountMinor, taxMinor, lines } = makeSale(random, context);
      if (status === 'voided') {
        day.voidCount += 1;
        day.voidMinor += grossMinor;
      } else {
        day.salesCount += 1;
        day.grossMinor += grossMinor;
        day.taxMinor += taxMinor;
        day.discountMinor += discountMinor;
      }
      const known = {
        storeId: store.storeId,
        saleId: `${date} ${index}`,
        completedAtLocal: `${date}T${time}`,
      };
      return { ...known, terminalId, status, grossMinor, discountMinor, taxMinor, lines };
    });
  });
  return { store, sales, perDay };
}
