import { label } from './exposition-format.js';
import { storeFamilies } from './store-families.js';
import type { StoreSample } from './store-sample.js';

/**
 * Stores that are rendered together. Fewer make more and smaller buffers to send; more make one changed store costlier.
 * At 128 the largest buffer is 130 KB and renders in about 1 ms.
 */
export const maxStoresPerBlock = 128;

/** A bit for each family; bit operations allow 31 families. */
const allFamilies = 2 ** storeFamilies.length - 1;

/** A store in its block. */
export class StoreEntry {
  readonly storeId: string;
  readonly storeLabel: string;
  sample: StoreSample;
  block: StoreBlock;

  constructor(sample: StoreSample, block: StoreBlock) {
    this.storeId = sample.storeId;
    this.storeLabel = label('store_id', sample.storeId);
    this.sample = sample;
    this.block = block;
  }

  /** Takes the newer sample and marks what it makes stale. */
  replaceSample(sample: StoreSample): void {
    if (sample === this.sample) return;
    for (const [field, families] of familiesByField) {
      if (sample[field] !== this.sample[field]) this.block.staleFamilies |= families;
    }
    this.sample = sample;
  }
}

/** Neighbouring stores, sorted by id, with their ready text of each family. */
export class StoreBlock {
  #entries: StoreEntry[] = [];
  /** Families whose buffer no longer tells the truth, as bits; cleared by whoever publishes what `render` gave. */
  staleFamilies = allFamilies;
  /** Published text by family; empty until the first publishing. */
  readonly buffers: Buffer[] = storeFamilies.map(() => Buffer.alloc(0));

  get size(): number {
    return this.#entries.length;
  }

  get firstId(): string {
    return this.#entries[0]?.storeId ?? '';
  }

  /** Of a store that is not in it. */
  insert(sample: StoreSample): StoreEntry {
    const entry = new StoreEntry(sample, this);
    const next = this.#entries.findIndex(({ storeId }) => storeId > sample.storeId);
    this.#entries.splice(next === -1 ? this.size : next, 0, entry);
    this.staleFamilies = allFamilies;
    return entry;
  }

  remove(entry: StoreEntry): void {
    this.#entries.splice(this.#entries.indexOf(entry), 1);
    this.staleFamilies = allFamilies;
  }

  /** Gives its upper half to the new block that it returns. */
  split(): StoreBlock {
    const upper = new StoreBlock();
    upper.#entries = this.#entries.splice(this.size >> 1);
    for (const entry of upper.#entries) entry.block = upper;
    this.staleFamilies = allFamilies;
    return upper;
  }

  isStale(familyIndex: number): boolean {
    return (this.staleFamilies & (1 << familyIndex)) !== 0;
  }

  render(familyIndex: number): Buffer {
    const family = storeFamilies[familyIndex]!;
    let text = '';
    for (const { sample, storeLabel } of this.#entries) text += family.lines(sample, storeLabel);
    return Buffer.from(text);
  }
}

/** For each field of a sample, the families that are made from it, as bits. */
const familiesByField: readonly (readonly [keyof StoreSample, number])[] = (() => {
  const families = new Map<keyof StoreSample, number>();
  storeFamilies.forEach(({ reads }, i) => {
    for (const field of reads) families.set(field, (families.get(field) ?? 0) | (1 << i));
  });
  return [...families];
})();
