/**
 * Totals by key for each store. A store's map is replaced when a total moves and kept when none does, so that `===`
 * tells which stores' series must be rendered again.
 */
export class StoreTotals<Value> {
  readonly #byStore = new Map<string, ReadonlyMap<string, Value>>();
  readonly #same: (a: Value, b: Value) => boolean;

  constructor(same: (a: Value, b: Value) => boolean = Object.is) {
    this.#same = same;
  }

  of(storeId: string): ReadonlyMap<string, Value> {
    return this.#byStore.get(storeId) ?? none;
  }

  /** Takes rows over; totals that no row names stay. */
  merge(rows: Iterable<{ storeId: string; key: string; value: Value }>): void {
    const replaced = new Map<string, Map<string, Value>>();
    for (const { storeId, key, value } of rows) {
      let totals = replaced.get(storeId);
      const held = (totals ?? this.of(storeId)).get(key);
      if (held !== undefined && this.#same(held, value)) continue;
      if (totals === undefined) {
        totals = new Map(this.of(storeId));
        replaced.set(storeId, totals);
      }
      totals.set(key, value);
    }
    for (const [storeId, totals] of replaced) this.#byStore.set(storeId, totals);
  }

  keepOnly(stores: { has(storeId: string): boolean }): void {
    for (const storeId of this.#byStore.keys()) if (!stores.has(storeId)) this.#byStore.delete(storeId);
  }
}

const none: ReadonlyMap<string, never> = new Map<string, never>();
