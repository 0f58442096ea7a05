import { expect, test } from '@jest/globals';
import { addActivity, contribution, noActivity, type Activity } from '@hq-sync/protocol/activity';
import fc from 'fast-check';
import { activityKey, mergeBatch, revisionKey, type Held, type HeldRecord } from '../src/sync/merge-batch.js';
import type { Counted, IncomingRecord } from '../src/sync/read-record.js';

/** HQ in miniature: what mergeBatch says is done to plain maps. */
class Ledger {
  readonly records = new Map<string, HeldRecord>();
  readonly revisions = new Map<string, string>();
  readonly totals = new Map<string, Activity>();
  conflicts = 0;

  push(batch: readonly IncomingRecord[]): void {
    const held: Held = { records: this.records, revisions: this.revisions };
    const merge = mergeBatch(batch, held, new Map(batch.map((record) => [record.line, dateOf(record)])));
    expect(merge.results.length + merge.conflicts.length).toBe(batch.length);
    for (const { record, businessDate } of [...merge.inserts, ...merge.replacements]) {
      expect(this.records.has(record.id)).toBe(merge.replacements.some((one) => one.record === record));
      this.records.set(record.id, {
        revision: record.revision,
        businessDate: this.records.get(record.id)?.businessDate ?? businessDate,
        counted: record.counted,
      });
      this.revisions.set(revisionKey(record.id, record.revision), record.json);
    }
    for (const record of merge.history) {
      expect(this.revisions.has(revisionKey(record.id, record.revision))).toBe(false); // the key of its table is unique
      this.revisions.set(revisionKey(record.id, record.revision), record.json);
    }
    for (const [key, activity] of merge.totals)
      this.totals.set(key, addActivity(this.totals.get(key) ?? noActivity, activity));
    this.conflicts += merge.conflicts.length;
  }

  /** The totals as they must be: one contribution a record, of its newest revision, on its first date. */
  expected(): Map<string, Activity> {
    const totals = new Map<string, Activity>();
    for (const { businessDate, counted } of this.records.values()) {
      const key = activityKey(businessDate!, counted!.currency);
      totals.set(key, addActivity(totals.get(key) ?? noActivity, contribution(counted!)));
    }
    return nonZero(totals);
  }
}

const nonZero = (totals: ReadonlyMap<string, Activity>) =>
  new Map([...totals].filter(([, activity]) => Object.values(activity).some((value) => value !== 0)).sort());
const dateOf = (record: IncomingRecord) => record.occurredAt!.slice(0, 10);

const sale = fc.record({
  kind: fc.constantFrom('sale' as const, 'return' as const),
  status: fc.constantFrom('completed' as const, 'voided' as const),
  currency: fc.constantFrom('USD', 'EUR'),
  grossMinor: fc.nat(100_000),
  discountMinor: fc.nat(1_000),
  taxMinor: fc.nat(1_000),
});
const versions = fc.array(
  fc.record({
    id: fc.constantFrom('a', 'b', 'c'),
    revision: fc.integer({ min: 1, max: 4 }),
    day: fc.integer({ min: 1, max: 3 }),
    sale,
  }),
  { minLength: 1, maxLength: 30 },
);

/** One content a revision, as a sound store sends it. */
function sound(list: readonly { id: string; revision: number; day: number; sale: object }[]) {
  const first = new Map<string, (typeof list)[number]>();
  return list.map((one) => {
    const key = revisionKey(one.id, one.revision);
    if (!first.has(key)) first.set(key, one);
    return first.get(key)!;
  });
}

function incoming(
  list: readonly { id: string; revision: number; day: number; sale: object }[],
): IncomingRecord[] {
  return list.map((one, index) => ({
    line: index + 1,
    id: one.id,
    revision: one.revision,
    json: JSON.stringify(one.sale),
    occurredAt: new Date(Date.UTC(2026, 0, one.day)).toISOString(),
    counted: one.sale as Counted,
  }));
}

test('whatever comes, in whatever batches, each record counts once, by its newest revision, on its first date', () => {
  fc.assert(
    fc.property(versions, fc.array(fc.nat(5), { maxLength: 30 }), (list, cuts) => {
      const ledger = new Ledger();
      let rest = incoming(list);
      for (const cut of cuts) {
        ledger.push(rest.slice(0, cut));
        rest = rest.slice(cut);
      }
      ledger.push(rest);
      expect(nonZero(ledger.totals)).toEqual(ledger.expected());
    }),
  );
});

test('a batch sent again, or in another order, changes nothing', () => {
  fc.assert(
    fc.property(versions, fc.nat(), (list, seed) => {
      const records = incoming(sound(list).map((one) => ({ ...one, day: 1 })));
      const once = new Ledger();
      once.push(records);
      const often = new Ledger();
      const shuffled = records
        .map((record, index) => ({ record, key: Math.sin(seed + index) }))
        .sort((x, y) => x.key - y.key)
        .map(({ record }) => record);
      for (const record of shuffled) often.push([record]);
      often.push(records);
      expect(nonZero(often.totals)).toEqual(nonZero(once.totals));
      expect(often.conflicts).toBe(0);
    }),
  );
});

test('the same revision with other content is a conflict and changes nothing', () => {
  const ledger = new Ledger();
  const base = {
    kind: 'sale',
    status: 'completed',
    currency: 'USD',
    grossMinor: 5,
    discountMinor: 0,
    taxMinor: 0,
  };
  ledger.push(incoming([{ id: 'a', revision: 1, day: 1, sale: base }]));
  const before = new Map(ledger.totals);
  ledger.push(incoming([{ id: 'a', revision: 1, day: 1, sale: { ...base, grossMinor: 6 } }]));
  expect(ledger.conflicts).toBe(1);
  expect(ledger.totals).toEqual(before);
});
