import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Problem } from '@hq-sync/protocol/push';
import type { OpeningHours } from './opening-hours.js';

const requestTimeoutMs = 10_000;
/** An HQ that starts on the same machine answers after seconds; one that is being restarted as well. */
const patienceMs = 60_000;
const retryMs = 500;

/** HQ refused, or did not answer: then `code` is `unreachable` and `status` 0. */
export class AdminApiError extends Error {
  override name = 'AdminApiError';

  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

export interface NewStore {
  storeId: string;
  name: string;
  region: string | null;
  timezone: string;
  currency: string;
  openingHours: OpeningHours | null;
}

export interface TokenState {
  tokenId: string;
  state: 'active' | 'revoked' | 'expired' | 'superseded';
}

export interface QuarantinedRecord {
  quarantineId: number;
  code: string;
  entity: string;
  recordId: string | null;
  /** The line as it came, base64. */
  content: string;
}

/**
 * The part of HQ's admin API that the simulator uses. Every method waits for an HQ that is away, for a minute, and
 * throws AdminApiError; AbortError when the signal comes.
 */
export class AdminClient {
  constructor(
    private readonly hqUrl: string,
    private readonly token: string,
    private readonly signal: AbortSignal,
  ) {}

  /** @throws the file system's error when `file` cannot be read. */
  static async fromTokenFile(hqUrl: string, file: string, signal: AbortSignal): Promise<AdminClient> {
    return new AdminClient(hqUrl, (await readFile(file, 'utf8')).trim(), signal);
  }

  /** The same, ended by another signal. */
  withSignal(signal: AbortSignal): AdminClient {
    return new AdminClient(this.hqUrl, this.token, signal);
  }

  createStore(store: NewStore): Promise<void> {
    return this.call('POST', '/stores', store);
  }

  async listTokens(storeId: string): Promise<TokenState[]> {
    return (await this.call<{ items: TokenState[] }>('GET', `${storePath(storeId)}/tokens`)).items;
  }

  /** The tokens before it work for `overlapMinutes` more. */
  generateToken(storeId: string, overlapMinutes: number): Promise<{ tokenId: string; token: string }> {
    return this.call('POST', `${storePath(storeId)}/tokens`, { overlapMinutes });
  }

  revokeToken(storeId: string, tokenId: string): Promise<void> {
    return this.call('DELETE', `${storePath(storeId)}/tokens/${tokenId}`);
  }

  /** Changes HQ's own records of an entity; what is as it was is not sent to any store again. */
  changeRecords(entity: string, records: readonly { id: string; data: object }[]): Promise<unknown> {
    const lines = records.map((record) => `${JSON.stringify(record)}\n`).join('');
    return this.call('POST', `/entities/${entity}/records`, lines);
  }

  async listQuarantine(storeId: string): Promise<QuarantinedRecord[]> {
    const query = new URLSearchParams({ storeId, state: 'held', limit: '1000' });
    return (await this.call<{ items: QuarantinedRecord[] }>('GET', `/quarantine?${query}`)).items;
  }

  replayQuarantined(quarantineId: number, record: Record<string, unknown>): Promise<{ outcome: string }> {
    return this.call('POST', `/quarantine/${quarantineId}/replay`, { record });
  }

  discardQuarantined(quarantineId: number, note: string): Promise<void> {
    return this.call('POST', `/quarantine/${quarantineId}/discard`, { note });
  }

  /** `body`: NDJSON as text, or an object for JSON. */
  private async call<T>(method: string, path: string, body?: object | string): Promise<T> {
    for (const deadline = performance.now() + patienceMs; ;) {
      try {
        return await this.callOnce<T>(method, path, body);
      } catch (error) {
        const passing = error instanceof AdminApiError && (error.status === 0 || error.status === 503);
        if (!passing || performance.now() > deadline) throw error;
        await sleep(retryMs, undefined, { signal: this.signal });
      }
    }
  }

  private async callOnce<T>(method: string, path: string, body?: object | string): Promise<T> {
    const response = await this.send(method, path, body);
    const text = await response.text().catch(() => '');
    if (response.ok) return JSON.parse(text) as T;
    const problem = problemOf(text);
    const code = problem?.code ?? `http_${response.status}`;
    throw new AdminApiError(
      response.status,
      code,
      `${method} ${path}: ${problem?.detail ?? problem?.title ?? response.statusText}`,
    );
  }

  private async send(method: string, path: string, body?: object | string): Promise<Response> {
    const isText = typeof body === 'string';
    try {
      return await fetch(`${this.hqUrl}/admin/v1${path}`, {
        method,
        headers: {
          authorization: `Bearer ${this.token}`,
          'content-type': isText ? 'application/x-ndjson' : 'application/json',
        },
        signal: AbortSignal.any([this.signal, AbortSignal.timeout(requestTimeoutMs)]),
        ...(body === undefined ? {} : { body: isText ? body : JSON.stringify(body) }),
      });
    } catch (error) {
      throw new AdminApiError(0, 'unreachable', `HQ does not answer at ${this.hqUrl}`, { cause: error });
    }
  }
}

function storePath(storeId: string): string {
  return `/stores/${encodeURIComponent(storeId)}`;
}

function problemOf(text: string): Partial<Problem> | undefined {
  try {
    return JSON.parse(text) as Partial<Problem>;
  } catch {
    return undefined;
  }
}
