import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { gzipSync } from 'node:zlib';
import type { HqMessage } from '@hq-sync/protocol/hq-message';
import type { Heartbeat, Hello } from '@hq-sync/protocol/store-message';
import { currentSchemaVersion, subprotocol } from '@hq-sync/protocol/version';
import WebSocket from 'ws';

/** A store that speaks the bare wire, so that a test can say anything at all. */
export class WireStore {
  readonly received: HqMessage[] = [];
  closeCode: number | undefined;
  readonly closed: Promise<number>;

  private constructor(readonly ws: WebSocket) {
    ws.on('message', (data) =>
      this.received.push(JSON.parse((data as Buffer).toString('utf8')) as HqMessage),
    );
    ws.on('error', () => undefined);
    this.closed = new Promise((resolve) =>
      ws.on('close', (code) => {
        this.closeCode = code;
        resolve(code);
      }),
    );
  }

  /** Opens the socket and says nothing. Rejects with the HTTP status when HQ refuses the upgrade. */
  static async open(
    url: string,
    token: string,
    moreHeaders: Record<string, string> = {},
  ): Promise<WireStore> {
    const ws = new WebSocket(`${url.replace(/^http/, 'ws')}/v1/socket`, subprotocol, {
      headers: { authorization: `Bearer ${token}`, ...moreHeaders },
    });
    const store = new WireStore(ws);
    await new Promise<void>((resolve, reject) => {
      ws.once('open', resolve);
      ws.once('unexpected-response', (_request, response) => {
        ws.terminate();
        reject(new Error(String(response.statusCode)));
      });
      ws.once('error', reject);
    });
    return store;
  }

  /** Opens the socket, says hello, and waits for the welcome. */
  static async connect(url: string, token: string, overrides: Partial<Hello> = {}): Promise<WireStore> {
    const store = await WireStore.open(url, token);
    store.send(helloOf(overrides));
    await store.next('welcome');
    return store;
  }

  send(frame: unknown): void {
    this.ws.send(typeof frame === 'string' || Buffer.isBuffer(frame) ? frame : JSON.stringify(frame));
  }

  /** The first frame of this type, come or to come. */
  async next<T extends HqMessage['type']>(type: T): Promise<Extract<HqMessage, { type: T }>> {
    for (;;) {
      const found = this.received.find((message) => message.type === type);
      if (found) return found as Extract<HqMessage, { type: T }>;
      if (this.ws.readyState === WebSocket.CLOSED)
        throw new Error(`closed with ${this.closeCode} before ${type}`);
      await Promise.race([once(this.ws, 'message'), this.closed]);
    }
  }

  async close(): Promise<void> {
    this.ws.close(1000);
    await this.closed;
  }
}

export function helloOf(overrides: Partial<Hello> = {}): Hello {
  return {
    type: 'hello',
    instanceId: randomUUID(),
    hqEpoch: null,
    agentVersion: 'test',
    schemaVersion: currentSchemaVersion,
    clock: new Date().toISOString(),
    pendingRecords: 0,
    ...overrides,
  };
}

export function heartbeatOf(overrides: Partial<Heartbeat> = {}): Heartbeat {
  return {
    type: 'heartbeat',
    clock: new Date().toISOString(),
    openRegisters: [],
    lastSaleAt: null,
    queues: [],
    days: [],
    disk: { usedBytes: 0, limitBytes: 1_000_000 },
    withheldRecords: 0,
    ...overrides,
  };
}

export interface PushOptions {
  readonly entity?: string;
  readonly headers?: Record<string, string | undefined>;
  readonly gzip?: boolean;
}

/** Pushes lines (objects become JSON) as one batch; resolves to the status and the parsed answer. */
export async function push(
  url: string,
  token: string,
  lines: readonly unknown[] | Buffer,
  options: PushOptions = {},
) {
  const plain = Buffer.isBuffer(lines)
    ? lines
    : Buffer.concat(
        lines.map((line) =>
          Buffer.concat([
            Buffer.isBuffer(line)
              ? line
              : Buffer.from(typeof line === 'string' ? line : JSON.stringify(line)),
            Buffer.from('\n'),
          ]),
        ),
      );
  const headers: Record<string, string | undefined> = {
    authorization: `Bearer ${token}`,
    'content-type': 'application/x-ndjson',
    'hq-batch-id': randomUUID(),
    'hq-schema-version': String(currentSchemaVersion),
    ...(options.gzip && { 'content-encoding': 'gzip' }),
    ...options.headers,
  };
  const response = await fetch(`${url}/v1/push/${options.entity ?? 'sales'}`, {
    method: 'POST',
    headers: Object.fromEntries(
      Object.entries(headers).filter((header): header is [string, string] => header[1] !== undefined),
    ),
    body: options.gzip ? gzipSync(plain) : plain,
  });
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  return { status: response.status, headers: response.headers, body: (await response.json()) as any };
}

/** A valid sale of one line. */
export function saleRecord(id: string, overrides: Record<string, unknown> = {}, revision = 1) {
  const amounts = { grossMinor: 1_000, discountMinor: 100, taxMinor: 63 };
  const data = {
    kind: 'sale',
    status: 'completed',
    completedAt: new Date().toISOString(),
    currency: 'USD',
    terminalId: 'T1',
    ...amounts,
    ...overrides,
  };
  const { grossMinor, discountMinor, taxMinor } = data as typeof amounts;
  return {
    id,
    revision,
    data: { lines: [{ productId: 'p1', quantity: 1, grossMinor, discountMinor, taxMinor }], ...data },
  };
}
