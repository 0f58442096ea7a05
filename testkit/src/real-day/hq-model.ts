import { canonicalJson } from '@hq-sync/store-agent/canonical-json';

/** What the stores of the day keep a copy of. */
export const entities = ['customers', 'departments', 'products', 'promotions', 'tax_rates', 'users'] as const;
export type Entity = (typeof entities)[number];

type Data = Readonly<Record<string, unknown>>;

/** A line of the admin API: no `set` is every store. */
export type RecordChange =
  | { readonly id: string; readonly data: Data; readonly set?: string }
  | { readonly id: string; readonly deleted: true };

/** One call of the admin API. */
export type HqChange =
  | { readonly kind: 'records'; readonly entity: Entity; readonly lines: readonly RecordChange[] }
  | { readonly kind: 'set'; readonly set: string; readonly storeIds: readonly string[] };

export interface ModelRecord {
  readonly set: string | null;
  readonly data: Data;
}

interface HeldRecord extends ModelRecord {
  readonly canonical: string;
}

/** What HQ holds, by what it has acknowledged: made without a look at HQ. */
export class HqModel {
  private readonly records = new Map<Entity, Map<string, HeldRecord>>(
    entities.map((entity) => [entity, new Map()]),
  );
  private readonly sets = new Map<string, ReadonlySet<string>>();

  apply(change: HqChange): void {
    if (change.kind === 'set') {
      this.sets.set(change.set, new Set(change.storeIds));
      return;
    }
    const held = this.records.get(change.entity)!;
    for (const line of change.lines) {
      if ('deleted' in line) held.delete(line.id);
      else held.set(line.id, heldRecord(line));
    }
  }

  /** As it is now, whatever is applied later. */
  copy(): HqModel {
    const copy = new HqModel();
    for (const [entity, records] of this.records) copy.records.set(entity, new Map(records));
    for (const [set, storeIds] of this.sets) copy.sets.set(set, storeIds);
    return copy;
  }

  all(entity: Entity): ReadonlyMap<string, ModelRecord> {
    return this.records.get(entity)!;
  }

  get setNames(): string[] {
    return [...this.sets.keys()];
  }

  storesOf(set: string): ReadonlySet<string> {
    return this.sets.get(set) ?? new Set();
  }

  /** Canonical JSON of the data of each record that this store gets, by id. */
  recordsFor(storeId: string, entity: Entity): Map<string, string> {
    const mine = new Set([...this.sets].flatMap(([set, storeIds]) => (storeIds.has(storeId) ? [set] : [])));
    const records = new Map<string, string>();
    for (const [id, { set, canonical }] of this.records.get(entity)!)
      if (set === null || mine.has(set)) records.set(id, canonical);
    return records;
  }
}

const heldRecord = ({ set, data }: Extract<RecordChange, { data: Data }>): HeldRecord => ({
  set: set ?? null,
  data,
  canonical: canonicalJson(data),
});
