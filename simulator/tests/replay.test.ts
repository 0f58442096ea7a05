import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { replayEvents, type RealSale, type ReplayEvent } from '../src/replay.js';

const stores = [
  { storeId: '1', timezone: 'America/New_York', currency: 'USD' },
  { storeId: '2', timezone: 'Europe/Berlin', currency: 'EUR' },
];

const someSales = fc
  .array(
    fc.record({
      storeId: fc.constantFrom('1', '2'),
      status: fc.constantFrom('completed' as const, 'voided' as const),
      minute: fc.integer({ min: 0, max: 59 }),
      grossMinor: fc.integer({ min: 0, max: 10_000 }),
    }),
    { maxLength: 60 },
  )
  .map((drafts) => drafts.map((draft, index) => realSale(`s${index}`, draft)));

function realSale(
  saleId: string,
  draft: { storeId: string; status: RealSale['status']; minute: number; grossMinor: number },
): RealSale {
  const { storeId, status, minute, grossMinor } = draft;
  return {
    storeId,
    saleId,
    status,
    terminalId: 'T1',
    completedAtLocal: `2017-11-22T10:${String(minute).padStart(2, '0')}:00`,
    grossMinor,
    discountMinor: 0,
    taxMinor: 0,
    lines: [{ productId: 'p', quantity: 1, grossMinor, discountMinor: 0, taxMinor: 0 }],
  };
}

const texts = (events: readonly ReplayEvent[]): string[] =>
  events.map(({ storeId, record }) => JSON.stringify([storeId, record])).sort();

describe('replayed sales', () => {
  it('end at their final revision', () => {
    fc.assert(
      fc.property(someSales, fc.string(), (sales, seed) => {
        const events = replayEvents(sales, stores, seed);
        for (const sale of sales) {
          const revisions = events
            .filter(({ record }) => record.id === sale.saleId)
            .map(({ record }) => record);
          const newest = revisions.reduce((left, right) => (right.revision > left.revision ? right : left));
          expect(newest.data.status).toBe(sale.status);
          expect(newest.data.grossMinor).toBe(sale.grossMinor);
          expect(revisions).toHaveLength(sale.status === 'voided' ? 2 : 1);
        }
      }),
    );
  });

  it('are the same records whatever the seed, in the order of time', () => {
    fc.assert(
      fc.property(someSales, fc.string(), fc.string(), (sales, one, other) => {
        const events = replayEvents(sales, stores, one);
        expect(texts(events)).toEqual(texts(replayEvents(sales, stores, other)));
        const times = events.map(({ atMs }) => atMs);
        expect(times).toEqual(times.toSorted((left, right) => left - right));
      }),
    );
  });

  it('come in swapped order now and then', () => {
    const sales = Array.from({ length: 200 }, (_, index) =>
      realSale(`s${index}`, { storeId: '1', status: 'voided', minute: index % 60, grossMinor: 100 }),
    );
    const events = replayEvents(sales, stores, 'seed');
    const swapped = sales.filter(
      ({ saleId }) => events.find(({ record }) => record.id === saleId)?.record.revision === 2,
    );
    expect(swapped.length).toBeGreaterThan(10);
    expect(swapped.length).toBeLessThan(100);
  });

  it('happen at the local time of their own store', () => {
    const draft = { status: 'completed' as const, minute: 5, grossMinor: 1 };
    const events = replayEvents(
      [realSale('a', { ...draft, storeId: '1' }), realSale('b', { ...draft, storeId: '2' })],
      stores,
      'seed',
    );
    expect(events.map(({ record }) => [record.id, record.data.completedAt, record.data.currency])).toEqual([
      ['b', '2017-11-22T10:05:00.000+01:00', 'EUR'],
      ['a', '2017-11-22T10:05:00.000-05:00', 'USD'],
    ]);
  });

  it('of a store that is not in the list are refused', () => {
    const sale = realSale('a', { storeId: '9', status: 'completed', minute: 1, grossMinor: 1 });
    expect(() => replayEvents([sale], stores, 'seed')).toThrow('store 9');
  });
});
