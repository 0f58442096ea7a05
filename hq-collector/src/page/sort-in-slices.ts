import type { LoopSlice } from '../metrics/loop-slice.js';

/** Sorted in one go: about a millisecond. */
const runLength = 512;

/** What decides: whether the first stands before the second. */
type Before<Item> = (first: Item, second: Item) => boolean;

/** The items in order, as `toSorted` gives them; gives way to the event loop in between. */
export async function sortInSlices<Item>(
  items: readonly Item[],
  before: Before<Item>,
  slice: LoopSlice,
): Promise<Item[]> {
  let runs: Item[][] = [];
  for (let at = 0; at < items.length; at += runLength) {
    const run = items.slice(at, at + runLength);
    runs.push(run.sort((first, second) => (before(first, second) ? -1 : before(second, first) ? 1 : 0)));
    if (slice.isOver()) await slice.next();
  }
  while (runs.length > 1) {
    const merged: Item[][] = [];
    for (let i = 0; i < runs.length; i += 2)
      merged.push(await mergeInSlices(runs[i]!, runs[i + 1] ?? [], before, slice));
    runs = merged;
  }
  return runs[0] ?? [];
}

/** All items of two lists that are in order, in order. */
export async function mergeInSlices<Item>(
  left: readonly Item[],
  right: readonly Item[],
  before: Before<Item>,
  slice: LoopSlice,
): Promise<Item[]> {
  const merged: Item[] = [];
  let nextLeft = 0;
  for (const item of right) {
    while (nextLeft < left.length && !before(item, left[nextLeft]!)) {
      merged.push(left[nextLeft]!);
      nextLeft += 1;
    }
    merged.push(item);
    if (slice.isOver()) await slice.next();
  }
  return merged.concat(left.slice(nextLeft));
}
