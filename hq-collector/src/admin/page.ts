import { id } from '@hq-sync/protocol/primitives';
import { z } from 'zod';
import type { Queryable } from '../db/database.js';
import { AdminError } from './admin-error.js';

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

/** Where the rows of a list that is paged by id are. */
const idOf = {
  'hq.store_token': 'token_id',
  'hq.resync_job': 'job_id',
  'hq.resync_rollout': 'rollout_id',
  'hq.maintenance_window': 'window_id',
  'hq.holiday': 'holiday_id',
} as const;

/**
 * Requires that what a page is to come after is still there: after anything else a page would be empty, as the last one is.
 * @throws AdminError `invalid_request`
 */
export async function requireCursor(
  db: Queryable,
  table: keyof typeof idOf,
  after: string | undefined,
): Promise<void> {
  if (after === undefined) return;
  const { rowCount } = await db.query(`select from ${table} where ${idOf[table]} = $1`, [after]);
  if (rowCount !== 0) return;
  throw new AdminError('invalid_request', {
    errors: [{ path: 'query.after', message: 'is not in this list, or no more: read it from the start' }],
  });
}

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
