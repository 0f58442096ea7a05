import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { errors, type ErrorCode } from '@hq-sync/protocol/error-code';
import { limits } from '@hq-sync/protocol/limits';
import { problemContentType, problemOf } from '@hq-sync/protocol/problem';
import { subprotocol } from '@hq-sync/protocol/version';
import { WebSocketServer, type WebSocket } from 'ws';
import type { ClientAddress } from '../http/client-address.js';
import type { Authentication, StoreIdentity } from '../fleet/store-token.js';

export const socketPath = '/v1/socket';
/** Upgrades whose token is being looked up; a reconnecting fleet beyond this is told to come back. */
const maxPendingUpgrades = 500;
const retryAfterSeconds = 2;

export interface UpgradeGate {
  addressOf: ClientAddress;
  authenticate(authorization: string | undefined): Promise<Authentication>;
  /** Why no connection is taken just now. */
  closedFor(): Extract<ErrorCode, 'overloaded' | 'shutting_down'> | undefined;
  rejected(code: ErrorCode, remoteAddress: string, storeId: string | undefined): void;
  failed(error: unknown): ErrorCode;
  accepted(ws: WebSocket, socket: Socket, identity: StoreIdentity, remoteAddress: string): void;
}

/** Turns an HTTP upgrade with a sync token into a store's connection, or answers it with a problem document. */
export function createUpgradeHandler(
  gate: UpgradeGate,
): (request: IncomingMessage, socket: Duplex, head: Buffer) => void {
  const server = new WebSocketServer({
    noServer: true,
    maxPayload: limits.maxFrameBytes,
    perMessageDeflate: false, // 300 KiB of zlib state a connection would buy nothing for frames of 1 KiB
    handleProtocols: (offered) => (offered.has(subprotocol) ? subprotocol : false),
  });
  let pending = 0;

  return (request, duplex, head) => {
    const socket = duplex as Socket;
    // The peer may vanish while its token is looked up; unheard, that error would end the process.
    const ignore = () => socket.destroy();
    socket.on('error', ignore);
    const remoteAddress = gate.addressOf(request);

    const refuse = (code: ErrorCode, storeId?: string) => {
      gate.rejected(code, remoteAddress, storeId);
      answer(socket, code);
    };

    if (new URL(request.url ?? '/', 'http://hq').pathname !== socketPath) return refuse('not_found');
    const closed = gate.closedFor() ?? (pending >= maxPendingUpgrades ? 'overloaded' : undefined);
    if (closed) return refuse(closed);
    const offered = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim());
    if (!offered.includes(subprotocol)) return refuse('subprotocol_unsupported');

    pending += 1;
    gate
      .authenticate(request.headers.authorization)
      .then(
        (authentication) => {
          if (!authentication.accepted) return refuse(authentication.code, authentication.storeId);
          if (socket.destroyed) return;
          const now = gate.closedFor();
          if (now) return refuse(now);
          server.handleUpgrade(request, socket, head, (ws) => {
            socket.off('error', ignore);
            gate.accepted(ws, socket, authentication.identity, remoteAddress);
          });
        },
        (error: unknown) => refuse(gate.failed(error)),
      )
      .finally(() => {
        pending -= 1;
      });
  };
}

function answer(socket: Socket, code: ErrorCode): void {
  const definition = errors[code];
  const body = JSON.stringify(problemOf(code, { detail: definition.advice }));
  const retry = definition.retry ? `Retry-After: ${retryAfterSeconds}\r\n` : '';
  const status = 'status' in definition ? definition.status : 400;
  socket.end(
    `HTTP/1.1 ${status} ${code}\r\nConnection: close\r\nContent-Type: ${problemContentType}\r\n${retry}` +
      `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    () => socket.destroy(),
  );
}
