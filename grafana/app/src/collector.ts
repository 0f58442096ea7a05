import { getBackendSrv } from '@grafana/runtime';

/** What HQ answers a request that it does not carry out, RFC 9457, and what stands for one where nothing came of it. */
export interface Problem {
  /** 0: no answer. */
  readonly status: number;
  readonly title: string;
  readonly detail?: string | undefined;
}

/** The request was refused, or failed. */
export class CollectorError extends Error {
  constructor(readonly problem: Problem) {
    super(problem.title);
  }
}

const app = '/api/plugin-proxy/hqsync-manager-app';

/** Routes of plugin.json: Grafana lets a role through, and adds the admin token. */
export type ChangeRoute = 'act' | 'manage';

/** @throws CollectorError; AbortError when the signal ends it. */
export function read<T>(path: string, signal: AbortSignal): Promise<T> {
  return send({ url: `${app}/view${path}`, method: 'GET' }, signal) as Promise<T>;
}

/**
 * Changes something, once for each idempotency key.
 * @throws CollectorError
 */
export function change(
  route: ChangeRoute,
  method: 'POST' | 'DELETE',
  path: string,
  body: object,
  idempotencyKey: string,
): Promise<unknown> {
  return send({
    url: `${app}/${route}${path}`,
    method,
    data: body,
    headers: { 'Idempotency-Key': idempotencyKey },
  });
}

/** Also where the browser has no `crypto.randomUUID`: Grafana by plain HTTP. */
export function newIdempotencyKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

type FetchRequest = Omit<
  Parameters<ReturnType<typeof getBackendSrv>['fetch']>[0],
  'showErrorAlert' | 'showSuccessAlert'
>;

function send(request: FetchRequest, signal?: AbortSignal): Promise<unknown> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const answers = getBackendSrv().fetch({ ...request, showErrorAlert: false, showSuccessAlert: false });
    const subscription = answers.subscribe({
      next: ({ data }) => resolve(data),
      error: (failure) => reject(new CollectorError(problemOf(failure))),
    });
    signal?.addEventListener('abort', () => {
      subscription.unsubscribe();
      reject(signal.reason as Error);
    });
  });
}

/** Grafana's own refusals have `message`, HQ's have `title`. */
function problemOf(failure: unknown): Problem {
  const { status = 0, data } = failure as { status?: number; data?: unknown };
  const {
    title,
    detail,
    message,
    errors = [],
  } = (typeof data === 'object' && data !== null ? data : {}) as {
    title?: string;
    detail?: string;
    message?: string;
    errors?: { path: string; message: string }[];
  };
  if (title !== undefined)
    return {
      status,
      title,
      detail: [detail, ...errors.map((one) => `${one.path} ${one.message}`)].filter(Boolean).join('; '),
    };
  if (status === 403) return { status, title: 'Your role in Grafana does not allow this', detail: message };
  if (status === 0 || status >= 502) return { status, title: 'HQ does not answer', detail: message };
  return { status, title: `Grafana answered ${status}`, detail: message };
}
