import { id } from '@hq-sync/protocol/primitives';
import { z } from 'zod';

const maxPageRows = 1_000;

const pageOf = <Cursor extends z.ZodType>(after: Cursor) =>
  z.object({
    after: after.optional().describe('The `next` of the page before.'),
    limit: z.coerce.number().int().min(1).max(maxPageRows).default(100),
  });

/** Of a list by the ids of stores, by numbers, or by ids that HQ makes. */
export const pageByStore = pageOf(id);
export const pageByNumber = pageOf(
  z.string().regex(/^[1-9]\d{0,14}$/, { error: 'must be the `next` of a page' }),
);
export const pageById = pageOf(z.uuid());

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
