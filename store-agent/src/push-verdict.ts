import { problem, pushAnswer, recordResult, type Problem, type PushAnswer } from '@hq-sync/protocol/push';
import { z } from 'zod';
import type { Batch } from './batch.js';
import { agentLimits } from './limits.js';
import { PushTimeout, type PushResponse } from './push-request.js';
import type { RetryWait, WaitReason } from './retry-schedule.js';

/** What an answer, or the lack of one, means for the batch. */
export type PushVerdict =
  | { kind: 'settled'; answer: ToleratedAnswer }
  | { kind: 'split'; problem: Problem | null; message: string }
  | RetryWait;

/** The wire's answer, but a code of a newer HQ does not make it unreadable: the records would be sent for ever. */
const toleratedAnswer = pushAnswer.extend({
  receipt: pushAnswer.shape.receipt.optional(),
  records: z.array(recordResult.extend({ code: z.string().optional() })),
});
export type ToleratedAnswer = Omit<PushAnswer, 'records' | 'receipt'> & z.infer<typeof toleratedAnswer>;

export function verdictOfAnswer(batch: Batch, response: PushResponse): PushVerdict {
  if (response.status === 200) return verdictOf200(batch, response.body);
  const parsed = problem.safeParse(response.body);
  const said = parsed.success ? parsed.data : null;
  const code = said?.code ?? `http_${response.status}`;
  const message = said?.detail ?? said?.title ?? `HQ answered ${response.status}`;
  const wait = (scope: RetryWait['scope'], reason: WaitReason, how: RetryWait['wait']): RetryWait => ({
    kind: 'wait',
    scope,
    reason,
    wait: how,
    code,
    message,
    halve: response.status === 408,
  });
  switch (response.status) {
    case 413:
      return { kind: 'split', problem: said, message };
    case 401:
    case 403:
      return wait('store', 'token', 'slow');
    case 408:
    case 502:
    case 504:
      return wait('store', 'network', 'backoff');
    case 404:
      return wait('entity', 'entity', 'slow');
    case 409:
      return code === 'schema_mismatch' ? wait('store', 'schema', 'slow') : wait('entity', 'entity', 'slow');
    case 429:
    case 503: {
      const ms = retryAfterMs(response.retryAfter, said?.retryAfterSeconds);
      return wait('store', 'overloaded', ms === null ? 'backoff' : { ms });
    }
    default:
      // one entity's batch that HQ cannot handle must not hold up the others
      return wait('entity', 'server', 'backoff');
  }
}

export function verdictOfError(error: unknown): RetryWait {
  const { code, message } = error as NodeJS.ErrnoException;
  const timedOut = error instanceof PushTimeout;
  return {
    kind: 'wait',
    scope: 'store',
    reason: 'network',
    wait: 'backoff',
    code: timedOut ? 'store_timeout' : (code ?? 'network_error'),
    message: message ?? String(error),
    // a proxy that refuses a body for its size may cut the line instead of answering
    halve: timedOut || code === 'ECONNRESET' || code === 'EPIPE',
  };
}

/** `Retry-After` in ms: seconds or an HTTP date, at most `maxRetryAfterMs`; null when there is none. */
export function retryAfterMs(
  header: string | undefined,
  seconds?: number,
  nowMs = Date.now(),
): number | null {
  const fromHeader =
    header === undefined ? NaN : /^\d+$/.test(header) ? Number(header) * 1_000 : Date.parse(header) - nowMs;
  const ms = Number.isFinite(fromHeader) ? fromHeader : (seconds ?? NaN) * 1_000;
  return Number.isFinite(ms) ? Math.min(Math.max(ms, 0), agentLimits.maxRetryAfterMs) : null;
}

function verdictOf200(batch: Batch, body: unknown): PushVerdict {
  const parsed = toleratedAnswer.safeParse(body);
  const complaint = parsed.success ? misnamed(batch, parsed.data) : parsed.error.issues[0]?.message;
  if (parsed.success && complaint === null) return { kind: 'settled', answer: parsed.data };
  return {
    kind: 'wait',
    scope: 'entity',
    reason: 'server',
    wait: 'backoff',
    code: 'answer_invalid',
    message: `HQ's answer does not fit the batch: ${complaint}`,
    halve: false,
  };
}

/** Why the answer is not about this batch, or null: every line is named once, with its own id and revision. */
function misnamed(batch: Batch, answer: ToleratedAnswer): string | null {
  if (answer.records.length !== batch.records.length) {
    return `${answer.records.length} results for ${batch.records.length} lines`;
  }
  const seen = new Set<number>();
  for (const { line, id, revision, outcome } of answer.records) {
    const record = batch.records[line - 1];
    if (record === undefined || seen.has(line)) return `line ${line} is not of the batch, or named twice`;
    seen.add(line);
    // HQ may leave out what it could not read, but only of a record that it keeps in quarantine
    const idFits = id === record.recordId || (id === null && outcome === 'quarantined');
    const revisionFits = revision === record.revision || (revision === null && outcome === 'quarantined');
    if (!idFits || !revisionFits) return `line ${line} is another record`;
  }
  return null;
}
