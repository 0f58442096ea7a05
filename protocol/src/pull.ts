import { z } from 'zod';
import { limits } from './limits.js';
import { count, id } from './primitives.js';

/** Where a store has come in an entity: opaque, made by HQ, kept by the store in one transaction with the records. */
export const cursor = z.string().regex(/^[0-9a-z.]{1,64}$/, { error: 'must be a cursor as HQ gave it' });

/** Body of `POST /v1/pull/{entity}`. */
export const pullRequest = z.object({
  cursor: cursor.nullable().describe('Of the last page applied; null: from the start.'),
  confirm: z
    .uuid()
    .optional()
    .describe('The page that has been applied and is durable; only that counts as pulled.'),
  maxRecords: z
    .int()
    .min(1)
    .max(limits.maxPageRecords)
    .optional()
    .describe('Fewer than this on a thin line; HQ may send less.'),
});
export type PullRequest = z.infer<typeof pullRequest>;

/** One line of a page: the record's present state at HQ, or that this store must not have it any more. */
export const pulledRecord = z.union([
  z.object({ id, data: z.looseObject({}) }),
  z.object({ id, deleted: z.literal(true) }),
]);
export type PulledRecord = z.infer<typeof pulledRecord>;

/** Last line of every page. A body without it was cut and is not to be applied. */
export const pageEnd = z.object({
  page: z.object({
    id: z.uuid().nullable().describe('To be confirmed; null when the page is empty.'),
    cursor: cursor.describe('Where the next page begins.'),
    records: count.describe('Lines before this one.'),
    more: z.boolean().describe('Whether another page is there already.'),
    scanning: z
      .boolean()
      .describe(
        'True while reading everything from the start. With the first page that says false, the store deletes what the reading has not brought.',
      ),
  }),
});
export type PageEnd = z.infer<typeof pageEnd>;
