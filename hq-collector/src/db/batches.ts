import { databaseFailure } from './sqlstate.js';

interface Waiting<Item, Answer> {
  readonly item: Item;
  resolve(answer: Answer): void;
  reject(error: unknown): void;
}

/** A deadlock or a serialization failure is tried again this often. */
const maxTries = 3;

/**
 * Makes one statement of the calls that come while the one before is under way: nothing waits for company, and a crowd
 * costs one round trip and one commit. Two items of the same key never share a statement.
 */
export class Batches<Item, Answer> {
  private waiting: Waiting<Item, Answer>[] = [];
  private running = false;

  constructor(
    /** The answers in the order of the items; all or nothing. */
    private readonly run: (items: readonly Item[]) => Promise<readonly Answer[]>,
    private readonly maxItems: number,
    private readonly keyOf?: (item: Item) => string,
  ) {}

  /** Rejects with what the database says of this item, or of its whole batch when that is away. */
  call(item: Item): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ item, resolve, reject });
      if (!this.running) void this.drain();
    });
  }

  private async drain(): Promise<void> {
    this.running = true;
    while (this.waiting.length > 0) await this.settle(this.take(), 1);
    this.running = false;
  }

  private take(): Waiting<Item, Answer>[] {
    const { keyOf } = this;
    if (!keyOf) return this.waiting.splice(0, this.maxItems);
    const keys = new Set<string>();
    const taken: Waiting<Item, Answer>[] = [];
    const left: Waiting<Item, Answer>[] = [];
    for (const one of this.waiting) {
      const key = keyOf(one.item);
      if (taken.length < this.maxItems && !keys.has(key)) taken.push(one);
      else left.push(one);
      keys.add(key);
    }
    this.waiting = left;
    return taken;
  }

  /** Never rejects. */
  private async settle(batch: readonly Waiting<Item, Answer>[], tries: number): Promise<void> {
    try {
      const answers = await this.run(batch.map(({ item }) => item));
      batch.forEach(({ resolve }, index) => resolve(answers[index]!));
    } catch (error) {
      const failure = databaseFailure(error);
      if (failure === 'conflict' && tries < maxTries) return this.settle(batch, tries + 1);
      if (failure === 'unavailable' || batch.length === 1) {
        for (const { reject } of batch) reject(error);
        return;
      }
      // One of them is refused: the others must not pay for it.
      const half = Math.ceil(batch.length / 2);
      await this.settle(batch.slice(0, half), 1);
      await this.settle(batch.slice(half), 1);
    }
  }
}
