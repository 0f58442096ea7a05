import { limits } from '@hq-sync/protocol/limits';
import type { Command, Welcome } from '@hq-sync/protocol/hq-message';
import { pullRequest, type PageEnd, type PullRequest } from '@hq-sync/protocol/pull';
import { pushAnswer, type PushAnswer } from '@hq-sync/protocol/push';
import { storeMessage, type StoreMessage } from '@hq-sync/protocol/store-message';
import { currentSchemaVersion, subprotocol } from '@hq-sync/protocol/version';
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import { WebSocketServer, type WebSocket } from 'ws';

export interface Push {
  entity: string;
  headers: IncomingMessage['headers'];
  records: { id: string; revision: number; data: Record<string, unknown> }[];
}

/** `never`: HQ reads the batch and stays silent. */
export type PushReply = { status: number; headers?: Record<string, string>; body: unknown } | 'never';

export interface Pull extends PullRequest {
  entity: string;
  headers: IncomingMessage['headers'];
}

/** `never`: no answer. `body` is sent as it is; with `cut` the connection ends after it, without the end of the body. */
export type PullReply =
  { status: number; headers?: Record<string, string>; body: string | Buffer; cut?: boolean } | 'never';

export interface ScriptedHq {
  url: string;
  /** Authorization of each upgrade. */
  upgrades: string[];
  pushes: Push[];
  pulls: Pull[];
  frames: StoreMessage[];
  /** What did not fit the wire: empty after every test. */
  misfits: string[];
  sockets: WebSocket[];
  /** Changed by a test to misbehave. */
  reply: (push: Push) => PushReply;
  replyToPull: (pull: Pull) => PullReply | Promise<PullReply>;
  welcome: Partial<Welcome>;
  /** HTTP status for upgrades; null lets them in. */
  refuseUpgrade: { status: number; headers?: Record<string, string> } | null;
  received: boolean;
  pings: boolean;
  say(message: object): void;
  ofType<T extends StoreMessage['type']>(type: T): Extract<StoreMessage, { type: T }>[];
  close(): Promise<void>;
}

/** An HQ that does exactly what a test tells it, for misbehaviour that the real one cannot be made to show. */
export async function startScriptedHq(): Promise<ScriptedHq> {
  const server = createServer();
  const wss = new WebSocketServer({
    noServer: true,
    handleProtocols: () => subprotocol,
    maxPayload: limits.maxFrameBytes,
  });
  const epoch = randomUUID();
  const hq: ScriptedHq = {
    url: '',
    pushes: [],
    pulls: [],
    frames: [],
    upgrades: [],
    misfits: [],
    sockets: [],
    reply: (push) => ({ status: 200, body: acceptAll(push) }),
    replyToPull: () => page([]),
    welcome: {},
    refuseUpgrade: null,
    received: true,
    pings: true,
    say: (message) => hq.sockets.at(-1)?.send(JSON.stringify(message)),
    ofType: (type) => hq.frames.filter((frame) => frame.type === type) as never,
    close: async () => {
      clearInterval(pinging);
      for (const socket of hq.sockets) socket.terminate();
      wss.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  const pinging = setInterval(() => hq.pings && hq.sockets.forEach((socket) => socket.ping()), 1_000);

  server.on('request', (request, response) => {
    void buffer(request).then(
      (bytes) => {
        const text = (request.headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes).toString(
          'utf8',
        );
        if (request.url?.startsWith('/v1/pull/') === true) {
          const asked = pullRequest.safeParse(JSON.parse(text));
          if (!asked.success) return void hq.misfits.push(`${asked.error.message} in ${text}`);
          const { headers, url } = request;
          const pull = { ...asked.data, entity: url.split('/').at(-1) ?? '', headers };
          hq.pulls.push(pull);
          return void Promise.resolve(hq.replyToPull(pull)).then((reply) => answerPull(response, reply));
        }
        const records = text
          .trimEnd()
          .split('\n')
          .map((line) => JSON.parse(line) as Push['records'][number]);
        const push: Push = {
          entity: request.url?.split('/').at(-1) ?? '',
          headers: request.headers,
          records,
        };
        hq.pushes.push(push);
        const reply = hq.reply(push);
        if (reply === 'never') return;
        response.writeHead(reply.status, { 'content-type': 'application/json', ...reply.headers });
        response.end(JSON.stringify(reply.body));
      },
      () => undefined,
    );
  });

  server.on('upgrade', (request, socket, head) => {
    hq.upgrades.push(request.headers.authorization ?? '');
    if (hq.refuseUpgrade !== null) {
      const headers = Object.entries({
        ...hq.refuseUpgrade.headers,
        connection: 'close',
        'content-length': '0',
      });
      socket.end(
        `HTTP/1.1 ${hq.refuseUpgrade.status} no\r\n${headers.map(([k, v]) => `${k}: ${v}\r\n`).join('')}\r\n`,
      );
      return;
    }
    wss.handleUpgrade(request, socket, head, (ws) => {
      hq.sockets.push(ws);
      ws.on('message', (data) => {
        const parsed = storeMessage.safeParse(JSON.parse(String(data)));
        if (!parsed.success) return void hq.misfits.push(`${parsed.error.message} in ${String(data)}`);
        const frame = parsed.data;
        hq.frames.push(frame);
        if (frame.type === 'hello') hq.say(welcomeOf(epoch, hq.welcome));
        if (frame.type === 'report' && hq.received)
          hq.say({ type: 'report_received', reportId: frame.reportId });
      });
    });
  });

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  hq.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return hq;
}

function answerPull(response: ServerResponse, reply: PullReply): void {
  if (reply === 'never') return;
  response.writeHead(reply.status, { 'content-type': 'application/x-ndjson', ...reply.headers });
  if (reply.cut === true) response.write(reply.body, () => response.destroy());
  else response.end(reply.body);
}

/** A whole page; a delete is null data. */
export function page(
  records: readonly (readonly [id: string, data: object | null])[],
  end: Partial<PageEnd['page']> = {},
): Exclude<PullReply, 'never'> {
  const lines: object[] = records.map(([id, data]) => (data === null ? { id, deleted: true } : { id, data }));
  const id = records.length === 0 ? null : randomUUID();
  lines.push({
    page: { id, cursor: '1.1', records: records.length, more: false, scanning: false, ...end },
  });
  return { status: 200, body: lines.map((line) => `${JSON.stringify(line)}\n`).join('') };
}

export function acceptAll(push: Push): PushAnswer {
  return answerOf(push, () => 'accepted');
}

export function answerOf(
  push: Push,
  outcomeOf: (line: number) => PushAnswer['records'][number]['outcome'],
): PushAnswer {
  const records = push.records.map(({ id, revision }, index) => ({
    line: index + 1,
    id,
    revision,
    outcome: outcomeOf(index + 1),
  }));
  const count = (outcome: string): number => records.filter((record) => record.outcome === outcome).length;
  return pushAnswer.parse({
    batchId: push.headers['hq-batch-id'],
    receipt: 1,
    accepted: count('accepted'),
    duplicate: count('duplicate'),
    replaced: count('replaced'),
    quarantined: count('quarantined'),
    records,
  });
}

export function pushNow(): Command {
  return { type: 'command', commandId: randomUUID(), command: 'push_now' };
}

export function resync(entities: unknown, commandId: string = randomUUID()) {
  return { type: 'command', commandId, command: 'resync', entities };
}

function welcomeOf(epoch: string, changes: Partial<Welcome>): Welcome {
  return {
    type: 'welcome',
    connectionId: randomUUID(),
    epoch,
    clock: new Date().toISOString(),
    heartbeatIntervalMs: 30_000,
    store: {
      storeId: 'store-1',
      name: 'Store 1',
      timezone: 'America/Denver',
      currency: 'USD',
      dayCutover: '04:00',
    },
    schema: { accepted: [currentSchemaVersion], compatible: true },
    limits: {
      maxBatchRecords: limits.maxBatchRecords,
      maxBatchBytes: limits.maxBatchBytes,
      maxRecordBytes: limits.maxRecordBytes,
    },
    commands: [],
    ...changes,
  };
}
