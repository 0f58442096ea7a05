import { label } from './exposition-format.js';
import { storeFamilies } from './store-families.js';
import type { StoreSample } from './store-sample.js';

/**
 * Stores that are rendered together. Measured with 10,000 stores: fewer to a block makes more, smaller buffers to send;
 * more makes one changed store costlier. At 128 the largest buffer is 130 KB and renders in under 1 ms.
 */
export const maxStoresPerBlock = 128;

/** One bit a family; a 32 bit mask is enough while there are fewer than 31 families. */
export const allFamilies = 2 ** storeFamilies.length - 1;

/** Neighbouring stores, sorted by id, with their ready text of each family. */
export class StoreBlock {
  readonly #ids: string[];
  readonly #entries: Entry[];
  /** Families whose buffer no longer tells the truth; cleared by whoever publishes what `render` gave. */
  stale = allFamilies;
  /** Published text by family; empty until the first publishing. */
  readonly buffers: Buffer[] = storeFamilies.map(() => Buffer.alloc(0));

  constructor(ids: string[] = [], entries: Entry[] = []) {
    this.#ids = ids;
    this.#entries = entries;
  }

  get firstId(): string {
    return this.#ids[0] ?? '';
  }

  get size(): number {
    return this.#ids.length;
  }

  put(sample: StoreSample): void {
    const at = firstNotBelow(this.#ids, sample.storeId);
    const entry = this.#ids[at] === sample.storeId ? this.#entries[at] : undefined;
    if (entry !== undefined) {
      this.stale |= changedFamilies(entry.sample, sample);
      entry.sample = sample;
    } else {
      this.#ids.splice(at, 0, sample.storeId);
      this.#entries.splice(at, 0, { sample, storeLabel: label('store_id', sample.storeId) });
      this.stale = allFamilies;
    }
  }

  keepOnly(isKept: (storeId: string) => boolean): void {
    for (let i = this.#ids.length - 1; i >= 0; i--) {
      if (isKept(this.#ids[i]!)) continue;
      this.#ids.splice(i, 1);
      this.#entries.splice(i, 1);
      this.stale = allFamilies;
    }
  }

  /** Gives away its upper half. */
  split(): StoreBlock {
    const half = this.size >> 1;
    this.stale = allFamilies;
    return new StoreBlock(this.#ids.splice(half), this.#entries.splice(half));
  }

  render(familyIndex: number): Buffer {
    const family = storeFamilies[familyIndex]!;
    let text = '';
    for (const { sample, storeLabel } of this.#entries) text += family.lines(sample, storeLabel);
    return Buffer.from(text);
  }
}

interface Entry {
  sample: StoreSample;
  readonly storeLabel: string;
}

/** For each field of a sample, the families that are made from it. */
const familiesByField: readonly (readonly [keyof StoreSample, number])[] = (() => {
  const masks = new Map<keyof StoreSample, number>();
  storeFamilies.forEach((family, i) => {
    for (const field of family.reads) masks.set(field, (masks.get(field) ?? 0) | (1 << i));
  });
  return [...masks];
})();

function changedFamilies(before: StoreSample, after: StoreSample): number {
  let changed = 0;
  for (const [field, mask] of familiesByField) if (before[field] !== after[field]) changed |= mask;
  return changed;
}

/** Index of the first of the sorted `ids` that is not below `id`, by UTF-16 code units. */
export function firstNotBelow(ids: readonly string[], id: string): number {
  let low = 0;
  let high = ids.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ids[middle]! < id) low = middle + 1;
    else high = middle;
  }
  return low;
}
