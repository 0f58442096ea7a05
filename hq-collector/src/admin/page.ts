import { z } from 'zod';

const maxPageRows = 1_000;

/** `after` is the `next` of the page before. */
export const pageQuery = z.object({
  after: z.string().max(200).optional(),
  limit: z.coerce.number().int().min(1).max(maxPageRows).default(100),
});

/** Cuts the one row that was read beyond the page, and names where the next one starts. */
export function page<T>(
  rows: readonly T[],
  limit: number,
  cursor: (row: T) => string,
): { items: T[]; next: string | null } {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return { items, next: rows.length > limit && last !== undefined ? cursor(last) : null };
}
