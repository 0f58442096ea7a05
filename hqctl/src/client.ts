import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import type { Problem } from '@hq-sync/protocol/push';
import { decorrelatedJitterGenerator, ExponentialBackoff, handleWhen, retry } from 'cockatiel';
import type { Row } from './command.js';
import { Failure, HqProblem, usage } from './exit-code.js';
import { limits } from './limits.js';

export interface Asked {
  readonly method: string;
  /** Below `/admin/v1`, with its query. */
  readonly path: string;
  readonly body?: object;
  /** The file whose lines are the body; `-` is stdin. */
  readonly lines?: string;
  readonly ifMatch?: string;
}

export interface Answered {
  readonly row: Row;
  /** As HQ wrote it. */
  readonly raw: string;
  readonly etag: string | undefined;
}

/** HQ was not reached: the same request may be sent again. */
class Unreached extends Failure {
  constructor(message: string) {
    super('unreachable', message);
  }
}

/** Speaks to `/admin/v1` of one HQ. */
export class HqClient {
  constructor(
    private readonly url: string,
    private readonly token: string,
    /** Of a request with its tries. */
    private readonly requestMs: number,
  ) {}

  /**
   * Asks, again and again while HQ is not reached or answers 503. All tries of a change have one key, so that it is
   * made once; stdin can be sent once only.
   * @throws HqProblem, Failure
   */
  async ask(asked: Asked): Promise<Answered> {
    if (asked.lines !== undefined && asked.lines !== '-') await requireFile(asked.lines);
    const upload = asked.lines !== undefined;
    const givesUpAt =
      performance.now() + (upload ? Math.max(limits.uploadMs, this.requestMs) : this.requestMs);
    const key = asked.method === 'GET' ? undefined : randomUUID();
    const tries = retry(
      handleWhen((error) => isPassing(error) && performance.now() < givesUpAt),
      {
        maxAttempts: asked.lines === '-' ? 0 : limits.maxTries - 1,
        backoff: new ExponentialBackoff({
          initialDelay: limits.firstRetryMs,
          maxDelay: limits.maxRetryMs,
          generator: decorrelatedJitterGenerator,
        }),
      },
    );
    return tries.execute(() => {
      const leftMs = Math.max(1, Math.ceil(givesUpAt - performance.now()));
      return this.tryOnce(asked, key, upload ? leftMs : Math.min(leftMs, limits.tryMs));
    });
  }

  private async tryOnce(asked: Asked, key: string | undefined, timeoutMs: number): Promise<Answered> {
    const { method, path, body, lines, ifMatch } = asked;
    const type = lines === undefined ? 'application/json' : 'application/x-ndjson';
    const sends = body !== undefined || lines !== undefined;
    try {
      const response = await fetch(`${this.url}/admin/v1${path}`, {
        method,
        headers: {
          authorization: `Bearer ${this.token}`,
          ...(sends && { 'content-type': type }),
          ...(key !== undefined && { 'idempotency-key': key }),
          ...(ifMatch !== undefined && { 'if-match': ifMatch }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
        ...(lines !== undefined && { body: streamOf(lines), duplex: 'half' }),
        redirect: 'error',
        signal: AbortSignal.timeout(timeoutMs),
      } as RequestInit);
      const raw = await response.text();
      const row = parsed(raw, response.status, this.url);
      if (!response.ok) throw new HqProblem(problemOf(row, response.status));
      return { row, raw, etag: response.headers.get('etag') ?? undefined };
    } catch (error) {
      if (error instanceof Failure) throw error;
      throw new Unreached(`HQ cannot be reached at ${this.url}: ${reasonOf(error as Error, timeoutMs)}`);
    }
  }
}

const isPassing = (error: Error): boolean =>
  error instanceof Unreached || (error instanceof HqProblem && error.problem.status === 503);

async function requireFile(file: string): Promise<void> {
  const found = await stat(file).catch((error: Error) => {
    throw usage(`${file} cannot be read: ${error.message}`);
  });
  if (found.isDirectory()) throw usage(`${file} is a directory`);
}

function streamOf(file: string): ReadableStream {
  return Readable.toWeb(file === '-' ? process.stdin : createReadStream(file)) as ReadableStream;
}

/** Whatever answers in HQ's place, a proxy or another program, is no HQ. */
function parsed(raw: string, status: number, url: string): Row {
  try {
    const value: unknown = JSON.parse(raw);
    if (typeof value === 'object' && value !== null) return value as Row;
  } catch {
    // said below
  }
  if (status >= 500) return {};
  throw new Failure('unreachable', `What answers at ${url} is not HQ's admin API (HTTP ${status})`);
}

function problemOf(row: Row, status: number): Problem {
  if (typeof row['title'] === 'string') return { ...(row as unknown as Problem), status };
  return {
    type: 'about:blank',
    title: `HTTP ${status}`,
    status,
    code: 'unknown',
    retry: status === 503,
  } as Problem;
}

function reasonOf(error: Error, timeoutMs: number): string {
  if (error.name === 'TimeoutError') return `no answer within ${Math.ceil(timeoutMs / 100) / 10} s`;
  const cause = error.cause as (Error & { code?: string }) | undefined;
  return cause?.message || cause?.code || error.message;
}
