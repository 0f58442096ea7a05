import { randomUUID } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import type { Welcome } from '@hq-sync/protocol/hq-message';
import { defaultHeartbeatIntervalMs, limits } from '@hq-sync/protocol/limits';
import type { StoreMessage } from '@hq-sync/protocol/store-message';
import { currentSchemaVersion } from '@hq-sync/protocol/version';
import { WebSocketServer, type WebSocket } from 'ws';

export interface BareWsState {
  readonly connected: number;
  readonly heartbeats: number;
}

/** As the collector does by default. */
const pingIntervalMs = 4_000;

/**
 * The peer: takes each connection, parses each frame, answers a hello and counts heartbeats; no token, no check of what
 * it reads, no silence limit, no database. Tells its address first, then its state whenever it is asked.
 */
function main(): void {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, maxPayload: limits.maxFrameBytes });
  let heartbeats = 0;
  server.on('connection', (socket) => {
    socket.on('message', (data) => {
      const message = JSON.parse((data as Buffer).toString('utf8')) as StoreMessage;
      if (message.type === 'heartbeat') heartbeats += 1;
      else welcome(socket);
    });
    socket.on('error', () => undefined);
  });
  setInterval(() => {
    for (const socket of server.clients) socket.ping();
  }, pingIntervalMs);

  server.on('listening', () => {
    process.send!({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
  });
  process.on('message', (message) => {
    if (message === 'state')
      process.send!({ connected: server.clients.size, heartbeats } satisfies BareWsState);
  });
  process.once('disconnect', () => process.exit(0));
}

function welcome(socket: WebSocket): void {
  const connectionId = randomUUID();
  const message: Welcome = {
    type: 'welcome',
    connectionId,
    epoch: connectionId,
    clock: new Date().toISOString(),
    heartbeatIntervalMs: defaultHeartbeatIntervalMs,
    store: {
      storeId: 'store-1',
      name: 'Store store-1',
      timezone: 'UTC',
      currency: 'USD',
      dayCutover: '00:00',
    },
    schema: { accepted: [currentSchemaVersion], compatible: true },
    limits: {
      maxBatchRecords: limits.maxBatchRecords,
      maxBatchBytes: limits.maxBatchBytes,
      maxRecordBytes: limits.maxRecordBytes,
    },
    commands: [],
  };
  socket.send(JSON.stringify(message));
}

main();
