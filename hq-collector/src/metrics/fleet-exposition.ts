import { familyHeader } from './exposition-format.js';
import { renderFleetSummary } from './fleet-summary.js';
import { LoopSlice } from './loop-slice.js';
import { maxStoresPerBlock, StoreBlock } from './store-block.js';
import { storeFamilies } from './store-families.js';
import type { StoreSample } from './store-sample.js';

/**
 * The exposition of the fleet as ready buffers, one for each family and block of stores; a buffer is rendered again
 * only when a value of that family has changed for a store of that block.
 */
export class FleetExposition {
  /** Sorted by their first id; never an empty one. */
  #blocks: StoreBlock[] = [];
  #published: readonly Buffer[] = this.#assemble([]);
  #lastUpdate: Promise<void> = Promise.resolve();

  /**
   * Makes `fleet`, by store id, all there is: stores that are not in it are gone. Works in slices of `maxSliceMs`; what
   * is published changes at the end, in one step. Updates that overlap follow one another.
   */
  update(fleet: ReadonlyMap<string, StoreSample>): Promise<void> {
    const update = this.#lastUpdate.then(() => this.#update(fleet));
    this.#lastUpdate = update.catch(() => undefined);
    return update;
  }

  /** The whole text of the last finished update, in order. Neither the list nor the buffers ever change afterwards. */
  snapshot(): readonly Buffer[] {
    return this.#published;
  }

  async #update(fleet: ReadonlyMap<string, StoreSample>): Promise<void> {
    const slice = new LoopSlice();
    for (const block of this.#blocks) {
      block.keepOnly((storeId) => fleet.has(storeId));
      if (slice.isOver()) await slice.next();
    }
    this.#blocks = this.#blocks.filter((block) => block.size > 0);
    for (const sample of fleet.values()) {
      this.#put(sample);
      if (slice.isOver()) await slice.next();
    }

    const rendered: [StoreBlock, number, Buffer][] = [];
    for (const block of this.#blocks) {
      for (let family = 0; family < storeFamilies.length; family++) {
        if ((block.stale & (1 << family)) === 0) continue;
        rendered.push([block, family, block.render(family)]);
        if (slice.isOver()) await slice.next();
      }
    }

    for (const [block, family, buffer] of rendered) block.buffers[family] = buffer;
    for (const block of this.#blocks) block.stale = 0;
    this.#published = this.#assemble(fleet.values());
  }

  #put(sample: StoreSample): void {
    const at = this.#blockOf(sample.storeId);
    const block = (this.#blocks[at] ??= new StoreBlock());
    block.put(sample);
    if (block.size > maxStoresPerBlock) this.#blocks.splice(at + 1, 0, block.split());
  }

  /** The last block that begins at or below the id, else the first. */
  #blockOf(storeId: string): number {
    let low = 0;
    let high = this.#blocks.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (this.#blocks[middle]!.firstId <= storeId) low = middle;
      else high = middle;
    }
    return low;
  }

  #assemble(fleet: Iterable<StoreSample>): readonly Buffer[] {
    const text = [renderFleetSummary(fleet)];
    storeFamilies.forEach((family, i) => {
      text.push(headers[i]!);
      for (const block of this.#blocks) if (block.buffers[i]!.length > 0) text.push(block.buffers[i]!);
    });
    return text;
  }
}

const headers = storeFamilies.map((family) => Buffer.from(familyHeader(family)));
