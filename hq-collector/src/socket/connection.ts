import { randomUUID } from 'node:crypto';
import type { Socket } from 'node:net';
import { errors, type ErrorCode } from '@hq-sync/protocol/error-code';
import type { HqMessage, StoreSettings } from '@hq-sync/protocol/hq-message';
import type { CommandDone, Heartbeat, Hello, NewToken, Report } from '@hq-sync/protocol/store-message';
import type { WebSocket } from 'ws';
import type { DisconnectReason } from '../fleet/disconnect-reason.js';
import { probe, type LivenessClock, type SilenceRule } from '../fleet/liveness-clock.js';
import type { StoreIdentity } from '../fleet/store-token.js';
import { FrameBudget } from './frame-budget.js';
import { readFrame } from './read-frame.js';

/** Unsent bytes at which a store that does not read is given up; nothing HQ says is larger than a few KiB. */
const maxUnsentBytes = 1024 * 1024;
/** How long a store may take to answer a close before its socket is cut. */
const closeTimeoutMs = 2_000;

/** What a connection tells the rest of HQ. Each is called in the order of the frames. */
export interface ConnectionEvents {
  hello(connection: StoreConnection, hello: Hello): void;
  heartbeat(connection: StoreConnection, heartbeat: Heartbeat): void;
  report(connection: StoreConnection, report: Report): void;
  commandDone(connection: StoreConnection, done: CommandDone): void;
  newToken(connection: StoreConnection, token: NewToken): void;
  frameRefused(connection: StoreConnection, code: ErrorCode, message: string): void;
  heartbeatLost(connection: StoreConnection): void;
  closed(connection: StoreConnection, reason: DisconnectReason): void;
  /** Comes after `closed`: the store server has answered that it was replaced, so it runs beside the newer one. */
  outlived(connection: StoreConnection, hello: Hello): void;
}

export interface ConnectionRules extends SilenceRule {
  /** While the body of a push is on its way: on a thin line both connections of a store stall at times. */
  readonly pushSilenceLimitMs: number;
  readonly helloTimeoutMs: number;
  readonly heartbeatWindowMs: number;
}

/** Which close code says each reason that HQ itself ends a connection for. */
const closeCodes: Partial<Record<DisconnectReason, ErrorCode>> = {
  'token revoked': 'token_revoked',
  'token expired': 'token_expired',
  'token superseded': 'token_superseded',
  'store archived': 'token_revoked',
  replaced: 'replaced',
  'HQ shutting down': 'shutting_down',
};

/** One store's WebSocket from its upgrade to its end: reads frames, watches for silence, says why it ended. */
export class StoreConnection {
  readonly connectionId = randomUUID();
  readonly storeId: string;
  readonly tokenId: string;
  /** Null until the hello. */
  hello: Hello | null = null;
  /** Bodies of pushes of this store that HQ is reading. */
  bodiesOnTheirWay = 0;
  private reason: DisconnectReason | undefined;
  private ended = false;
  private lastByteAtMs: number;
  private lastPingAtMs = -Infinity;
  private lastHeartbeatAtMs: number;
  private heartbeatLost = false;
  private sentSettings: string | undefined;
  private closeTimer: NodeJS.Timeout | undefined;
  private readonly openedAtMs: number;
  private readonly budget = new FrameBudget();

  constructor(
    private readonly ws: WebSocket,
    socket: Socket,
    identity: StoreIdentity,
    readonly remoteAddress: string,
    private readonly clock: LivenessClock,
    private readonly events: ConnectionEvents,
  ) {
    this.storeId = identity.storeId;
    this.tokenId = identity.tokenId;
    this.openedAtMs = this.lastByteAtMs = this.lastHeartbeatAtMs = clock.now();
    socket.on('data', () => this.touch());
    ws.on('message', (data, isBinary) => this.receive(data as Buffer, isBinary));
    ws.on('close', (code) => this.end(code));
    ws.on('error', (error: Error & { code?: string }) => {
      if (error.code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH') {
        this.reason ??= 'frame too large';
        this.events.frameRefused(this, 'frame_too_large', errors.frame_too_large.title);
      } else if (error.code?.startsWith('WS_ERR_')) this.reason ??= 'protocol error';
    });
  }

  /** A byte of this store came, by its socket or by HTTP. */
  touch(): void {
    this.lastByteAtMs = this.clock.now();
  }

  send(message: HqMessage): void {
    if (this.ws.readyState !== this.ws.OPEN) return;
    this.ws.send(JSON.stringify(message));
    if (this.ws.bufferedAmount > maxUnsentBytes) this.cut('slow reader');
  }

  /** Tells the store its settings, unless it has just these. */
  sendSettings(store: StoreSettings): void {
    const said = JSON.stringify(store);
    if (this.sentSettings !== undefined && this.sentSettings !== said) this.send({ type: 'settings', store });
    this.sentSettings = said;
  }

  /** Ends the connection for a reason of HQ's: with the code that says it, then by force when the store does not answer. */
  close(reason: DisconnectReason, code?: ErrorCode): void {
    this.reason ??= reason;
    const said = errors[code ?? closeCodes[reason] ?? 'internal_error'];
    this.ws.close('close' in said ? said.close : 1011, said.title.slice(0, 120));
    this.closeTimer ??= setTimeout(() => this.ws.terminate(), closeTimeoutMs);
    // A revoked store is out now, whether or not its machine answers the close.
    this.settle();
  }

  /** Called by the sweep, several times a second for every connection: must stay cheap. */
  check(rules: ConnectionRules): void {
    if (this.ended) return;
    const nowMs = this.clock.now();
    const silenceLimitMs = this.bodiesOnTheirWay > 0 ? rules.pushSilenceLimitMs : rules.silenceLimitMs;
    const next = probe(nowMs - this.lastByteAtMs, nowMs - this.lastPingAtMs, {
      pingIntervalMs: rules.pingIntervalMs,
      silenceLimitMs,
    });
    if (next === 'give_up') return this.cut('network silent');
    if (next === 'ping') {
      this.lastPingAtMs = nowMs;
      this.ws.ping();
    }
    if (!this.hello) {
      if (nowMs - this.openedAtMs > rules.helloTimeoutMs) this.refuse('hello_timeout');
    } else if (!this.heartbeatLost && nowMs - this.lastHeartbeatAtMs > rules.heartbeatWindowMs) {
      this.heartbeatLost = true;
      this.events.heartbeatLost(this);
    }
  }

  /** Refuses the whole connection: error frame, close code. */
  refuse(code: ErrorCode): void {
    this.events.frameRefused(this, code, errors[code].title);
    this.send({ type: 'error', code, message: errors[code].title });
    this.close('protocol error', code);
  }

  private receive(data: Buffer, isBinary: boolean): void {
    if (this.ended) return;
    const frame = readFrame(data, isBinary);
    if (!this.budget.take(frame.ok ? 'good' : 'bad')) return this.refuse('frame_flood');
    if (!frame.ok) {
      this.events.frameRefused(this, frame.code, frame.message);
      const path = frame.path === undefined ? {} : { path: frame.path };
      return this.send({ type: 'error', code: frame.code, message: frame.message, ...path });
    }
    const { message } = frame;
    if (message.type === 'hello') return this.receiveHello(message);
    if (!this.hello) return this.refuse('hello_expected');
    switch (message.type) {
      case 'heartbeat':
        this.lastHeartbeatAtMs = this.clock.now();
        this.heartbeatLost = false;
        return this.events.heartbeat(this, message);
      case 'report':
        return this.events.report(this, message);
      case 'command_done':
        return this.events.commandDone(this, message);
      case 'new_token':
        return this.events.newToken(this, message);
    }
  }

  private receiveHello(hello: Hello): void {
    if (this.hello) {
      this.events.frameRefused(this, 'hello_repeated', errors.hello_repeated.title);
      return this.send({ type: 'error', code: 'hello_repeated', message: errors.hello_repeated.title });
    }
    if (hello.storeId !== undefined && hello.storeId !== this.storeId) return this.refuse('store_mismatch');
    this.hello = hello;
    this.lastHeartbeatAtMs = this.clock.now();
    this.events.hello(this, hello);
  }

  private cut(reason: DisconnectReason): void {
    this.reason ??= reason;
    this.ws.terminate();
    this.settle();
  }

  private end(closeCode: number): void {
    clearTimeout(this.closeTimer);
    this.reason ??= closeCode === 1000 || closeCode === 1001 ? 'agent stopped' : 'socket closed';
    this.settle();
    // The answer to a close says its code again; a dead line answers nothing, and a store server that ends says 1000.
    if (this.reason === 'replaced' && closeCode === errors.replaced.close && this.hello)
      this.events.outlived(this, this.hello);
  }

  private settle(): void {
    if (this.ended) return;
    this.ended = true;
    this.events.closed(this, this.reason ?? 'socket closed');
  }
}
