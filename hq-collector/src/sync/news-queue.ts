import type { News } from '@hq-sync/protocol/hq-message';

/** Between two slices of stores that are told. */
const sliceMs = 50;

/**
 * Tells stores of something new at a bounded rate, in the order in which it came up: each comes for it at once. What
 * comes up while a store waits to be told joins its news, so that there is at most one for each store.
 */
export class NewsQueue {
  private readonly waiting = new Map<string, Set<string>>();
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly storesPerSecond: number,
    private readonly tell: (storeId: string, news: News) => void,
  ) {}

  add(storeId: string, entities: readonly string[]): void {
    const known = this.waiting.get(storeId);
    if (known) for (const entity of entities) known.add(entity);
    else this.waiting.set(storeId, new Set(entities));
    this.timer ??= setTimeout(() => this.tellSlice(), 0);
  }

  stop(): void {
    clearTimeout(this.timer);
    this.waiting.clear();
  }

  private tellSlice(): void {
    let left = Math.max(1, Math.round((this.storesPerSecond * sliceMs) / 1_000));
    for (const [storeId, entities] of this.waiting) {
      if (left-- === 0) break;
      this.waiting.delete(storeId);
      this.tell(storeId, { type: 'news', entities: [...entities] });
    }
    this.timer = setTimeout(() => {
      if (this.waiting.size > 0) this.tellSlice();
      else this.timer = undefined;
    }, sliceMs);
  }
}
