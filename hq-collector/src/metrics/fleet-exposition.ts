import { familyHeader } from './exposition-format.js';
import { renderFleetFamilies } from './fleet-families.js';
import type { FleetReading } from './fleet-reading.js';
import { LoopSlice } from './loop-slice.js';
import { maxStoresPerBlock, StoreBlock, type StoreEntry } from './store-block.js';
import { storeFamilies } from './store-families.js';
import type { StoreSample } from './store-sample.js';

/**
 * The exposition of the fleet as ready buffers, one for each family and block of stores; a buffer is rendered again
 * only when a value of that family has changed for a store of that block.
 */
export class FleetExposition {
  readonly #entries = new Map<string, StoreEntry>();
  /** Sorted by their first id; between two updates none is empty. */
  #blocks: StoreBlock[] = [];
  #published: readonly Buffer[] = this.#assemble({ stores: new Map(), resyncJobs: new Map() });
  #lastUpdate: Promise<void> = Promise.resolve();

  /**
   * Makes `reading` all there is: stores that are not in it are gone. Works in slices of `maxSliceMs`; what is published
   * changes at the end, in one step. Updates that overlap follow one another.
   */
  update(reading: FleetReading): Promise<void> {
    const update = this.#lastUpdate.then(async () => {
      const slice = new LoopSlice();
      await this.#takeOver(reading.stores, slice);
      await this.#publish(reading, slice);
    });
    this.#lastUpdate = update.catch(() => undefined);
    return update;
  }

  /** The whole text of the last finished update, in order. Neither the list nor the buffers ever change afterwards. */
  snapshot(): readonly Buffer[] {
    return this.#published;
  }

  async #takeOver(stores: ReadonlyMap<string, StoreSample>, slice: LoopSlice): Promise<void> {
    for (const sample of stores.values()) {
      const entry = this.#entries.get(sample.storeId);
      if (entry === undefined) this.#insert(sample);
      else entry.replaceSample(sample);
      if (slice.isOver()) await slice.next();
    }
    if (this.#entries.size === stores.size) return; // the rule: nothing was removed, and nothing has to be looked for
    for (const [storeId, entry] of this.#entries) {
      if (stores.has(storeId)) continue;
      this.#entries.delete(storeId);
      entry.block.remove(entry);
      if (slice.isOver()) await slice.next();
    }
    this.#blocks = this.#blocks.filter(({ size }) => size > 0);
  }

  async #publish(reading: FleetReading, slice: LoopSlice): Promise<void> {
    const rendered: [StoreBlock, number, Buffer][] = [];
    for (const block of this.#blocks) {
      for (let family = 0; family < storeFamilies.length; family++) {
        if (!block.isStale(family)) continue;
        rendered.push([block, family, block.render(family)]);
        if (slice.isOver()) await slice.next();
      }
    }
    for (const [block, family, buffer] of rendered) block.buffers[family] = buffer;
    for (const block of this.#blocks) block.staleFamilies = 0;
    this.#published = this.#assemble(reading);
  }

  #insert(sample: StoreSample): void {
    const at = this.#blockFor(sample.storeId);
    const block = (this.#blocks[at] ??= new StoreBlock());
    this.#entries.set(sample.storeId, block.insert(sample));
    if (block.size > maxStoresPerBlock) this.#blocks.splice(at + 1, 0, block.split());
  }

  /** Index of the last block that begins at or below the id, else of the first. */
  #blockFor(storeId: string): number {
    let low = 0;
    let high = this.#blocks.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (this.#blocks[middle]!.firstId <= storeId) low = middle;
      else high = middle;
    }
    return low;
  }

  #assemble(reading: FleetReading): readonly Buffer[] {
    const text = [renderFleetFamilies(reading)];
    storeFamilies.forEach((_, i) => {
      text.push(headers[i]!);
      for (const { buffers } of this.#blocks) if (buffers[i]!.length > 0) text.push(buffers[i]!);
    });
    return text;
  }
}

const headers = storeFamilies.map((family) => Buffer.from(familyHeader(family)));
