import { z } from 'zod';
import { limits } from './limits.js';
import { count, id, revision, text } from './primitives.js';

/** Headers of `POST /v1/push/{entity}`, lower case as Node gives them. */
export const pushHeaders = z.object({
  'hq-batch-id': id.describe('Names the row in the sync log; nothing else hangs on it.'),
  'hq-schema-version': z
    .string()
    .regex(/^\d{1,6}$/)
    .transform(Number)
    .describe('Schema version of the records in the body.'),
  'hq-receipt': z
    .string()
    .regex(/^\d{1,15}$/)
    .transform(Number)
    .optional()
    .describe('The highest `receipt` that HQ has given for this entity.'),
});

export const outcome = z.enum(['accepted', 'duplicate', 'replaced', 'quarantined']);
export type Outcome = z.infer<typeof outcome>;

/** What became of one line. `id` and `revision` are null when the line had none that could be read. */
export const recordResult = z.object({
  line: z.int().min(1).describe('Line of the batch, from 1.'),
  id: id.nullable(),
  revision: revision.nullable(),
  outcome,
  code: text(64)
    .optional()
    .describe('Why it was quarantined: an error code; a client must take codes it does not know.'),
  message: z.string().max(limits.maxTextChars).optional(),
});
export type RecordResult = z.infer<typeof recordResult>;

/** Answer 200: the batch's transaction has committed; every line has its result. */
export const pushAnswer = z.object({
  batchId: id,
  receipt: count.describe(
    'How many pushes of this entity HQ has committed for this store. Keep the highest; say it in `hello` and with each push.',
  ),
  pushAgain: z
    .literal(true)
    .optional()
    .describe(
      'By `HQ-Receipt`, HQ lacks pushes of this entity that it had committed: it was restored from a backup.',
    ),
  accepted: count,
  duplicate: count,
  replaced: count,
  quarantined: count,
  records: z.array(recordResult),
});
export type PushAnswer = z.infer<typeof pushAnswer>;

/** Limits in force, as `welcome` and a 413 say them. */
export const batchLimits = z.object({
  maxBatchRecords: count,
  maxBatchBytes: count.describe('After decompression.'),
  maxRecordBytes: count,
});
export type BatchLimits = z.infer<typeof batchLimits>;

/** RFC 9457 problem document, `application/problem+json`, with a stable `code`. */
export const problem = z.object({
  type: z.string().describe('`urn:hq-sync:error:<code>`'),
  title: z.string(),
  status: z.int(),
  code: z.string(),
  detail: z.string().optional(),
  retry: z.boolean().describe('Whether the same request, later and unchanged, can succeed.'),
  limits: batchLimits.optional().describe('With 413.'),
  line: z.int().optional().describe('With `record_too_large`: the line, from 1.'),
  expected: z.array(z.int()).optional().describe('With `schema_mismatch`: the versions that HQ takes.'),
  actual: z.int().optional().describe('With `schema_mismatch`: the version that came.'),
  retryAfterSeconds: z.int().optional().describe('The `Retry-After` header again.'),
  errors: z
    .array(z.object({ path: text(limits.maxTextChars), message: z.string() }))
    .optional()
    .describe('With a body or query that does not fit: each field.'),
});
export type Problem = z.infer<typeof problem>;
