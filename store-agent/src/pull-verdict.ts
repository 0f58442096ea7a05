import { problem } from '@hq-sync/protocol/push';
import type { ReadPage } from './page-reader.js';
import { PageTooLarge, PullTimeout, type PullResponse } from './pull-request.js';
import { retryAfterMs } from './push-verdict.js';
import type { RetryWait } from './retry-schedule.js';

/** What an answer, or the lack of one, means for the copy of an entity. */
export type PullVerdict =
  | { kind: 'page'; page: ReadPage }
  /** HQ has no use for the cursor: pull from the start, the records stay. */
  | { kind: 'start_over'; code: string; message: string }
  | RetryWait;

export function verdictOfPull(response: PullResponse, hadCursor: boolean): PullVerdict {
  if ('page' in response) {
    if (response.page !== null) return { kind: 'page', page: response.page };
    const message = 'the page has no end: it was cut on its way';
    return waitFor('store', 'network', 'backoff', 'page_incomplete', message, true);
  }
  const { status } = response;
  const said = problem.safeParse(response.body).data ?? null;
  const code = said?.code ?? `http_${status}`;
  const message = said?.detail ?? said?.title ?? `HQ answered ${status}`;
  const wait = (scope: RetryWait['scope'], reason: RetryWait['reason'], how: RetryWait['wait']): RetryWait =>
    waitFor(scope, reason, how, code, message, status === 408);
  // a cursor that HQ cannot even read was damaged here
  const isCursorRefused = status === 410 || said?.errors?.some(({ path }) => path === 'cursor') === true;
  if (isCursorRefused && hadCursor) return { kind: 'start_over', code, message };
  switch (status) {
    case 401:
    case 403:
      return wait('store', 'token', 'slow');
    case 408:
    case 502:
    case 504:
      return wait('store', 'network', 'backoff');
    case 429:
    case 503: {
      const ms = retryAfterMs(response.retryAfter, said?.retryAfterSeconds);
      return wait('store', 'overloaded', ms === null ? 'backoff' : { ms });
    }
    default:
      // 404 and 409: HQ must learn the entity first; other 4xx: this client must be corrected
      return status < 500 ? wait('entity', 'entity', 'slow') : wait('entity', 'server', 'backoff');
  }
}

/** `maxRecords`: of the request that failed. */
export function verdictOfPullError(error: unknown, maxRecords: number): RetryWait {
  const { code, message } = error as NodeJS.ErrnoException;
  if (error instanceof PageTooLarge) {
    // half as many records may fit, one alone never will
    const wait = maxRecords > 1 ? { ms: 0 } : 'slow';
    return waitFor('entity', 'server', wait, 'page_too_large', error.message, true);
  }
  const timedOut = error instanceof PullTimeout;
  const halve = timedOut || code === 'ECONNRESET';
  const said = timedOut ? 'store_timeout' : (code ?? 'network_error');
  return waitFor('store', 'network', 'backoff', said, message ?? String(error), halve);
}

function waitFor(
  scope: RetryWait['scope'],
  reason: RetryWait['reason'],
  wait: RetryWait['wait'],
  code: string,
  message: string,
  halve: boolean,
): RetryWait {
  return { kind: 'wait', scope, reason, wait, code, message, halve };
}
