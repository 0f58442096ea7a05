import { databaseFailure } from './sqlstate.js';

export interface Unwritten<T> {
  readonly items: readonly T[];
  /** Why, when there are any. */
  readonly error?: unknown;
}

/**
 * Writes a batch in one transaction; when the database refuses it for what is in it, writes its halves, down to the
 * one item that is refused alone and is given up: one bad item must not keep all the others waiting for ever.
 * @returns what is not written because the database is away, for the caller to keep.
 */
export async function writeOrSplit<T>(
  batch: readonly T[],
  write: (part: readonly T[]) => Promise<void>,
  giveUp: (item: T, error: unknown) => void,
): Promise<Unwritten<T>> {
  if (batch.length === 0) return { items: [] };
  try {
    await write(batch);
    return { items: [] };
  } catch (error) {
    const failure = databaseFailure(error);
    if (failure === 'unavailable' || failure === 'conflict') return { items: batch, error };
    if (batch.length === 1) {
      giveUp(batch[0]!, error);
      return { items: [] };
    }
    const half = Math.ceil(batch.length / 2);
    const left = await writeOrSplit(batch.slice(0, half), write, giveUp);
    if (left.items.length > 0) return { items: [...left.items, ...batch.slice(half)], error: left.error };
    return writeOrSplit(batch.slice(half), write, giveUp);
  }
}
