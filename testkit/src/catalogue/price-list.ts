import { randomOf } from '@hq-sync/simulator/random';
import type { CatalogueRecord } from './chain-catalogue.js';

const mostRaiseMinor = 500;

/** HQ's products as it has them by now; changes prices of any of them. */
export class PriceList {
  private readonly random = randomOf('prices');
  private readonly ids: readonly string[];
  private readonly data: Map<string, CatalogueRecord['data']>;
  /** Somebody else is changing these. */
  readonly taken = new Set<string>();

  constructor(products: readonly CatalogueRecord[]) {
    this.ids = products.map(({ id }) => id);
    this.data = new Map(products.map(({ id, data }) => [id, data]));
  }

  /** Lines of an upload with new prices of so many products. */
  change(count: number): CatalogueRecord[] {
    const changed = new Map<string, CatalogueRecord>();
    while (changed.size < count) {
      const id = this.ids[this.random.int(0, this.ids.length - 1)]!;
      if (changed.has(id) || this.taken.has(id)) continue;
      const data = {
        ...this.data.get(id)!,
        priceMinor: this.priceOf(id) + this.random.int(1, mostRaiseMinor),
      };
      this.data.set(id, data);
      changed.set(id, { id, data });
    }
    return [...changed.values()];
  }

  /** 0 for a product without one. */
  priceOf(id: string): number {
    return Number(this.data.get(id)!['priceMinor'] ?? 0);
  }
}
