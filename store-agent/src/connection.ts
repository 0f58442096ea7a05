import { limits } from '@hq-sync/protocol/limits';
import type { HqMessage } from '@hq-sync/protocol/hq-message';
import { problem } from '@hq-sync/protocol/push';
import type { Hello, StoreMessage } from '@hq-sync/protocol/store-message';
import { subprotocol } from '@hq-sync/protocol/version';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Logger } from 'pino';
import { WebSocket, type RawData } from 'ws';
import { readHqFrame } from './hq-frame.js';
import { addressAt } from './hq-line.js';
import { agentLimits } from './limits.js';
import { retryAfterMs } from './push-verdict.js';

/** How a connection, or the try for one, came to its end. */
export interface ConnectionEnd {
  /** `refused`: HQ answered the upgrade with an HTTP status. `silent`: nothing came from HQ for too long. */
  how: 'refused' | 'closed' | 'silent' | 'failed' | 'stopped';
  welcomed: boolean;
  /** From the start of the try to its end. */
  lastedMs: number;
  httpStatus?: number;
  closeCode?: number;
  /** HQ's error code, where it said one. */
  code?: string;
  message: string;
  retryAfterMs?: number;
  /** From HQ's `goodbye`. */
  goodbyeMs?: number;
}

type End = Omit<ConnectionEnd, 'welcomed' | 'lastedMs'>;

export interface ConnectionOptions {
  hqUrl: string;
  token: string;
  hello: () => Hello;
  onMessage: (message: HqMessage) => void;
  /** Whether a push or a pull is under way. */
  syncing: () => boolean;
  /** When HQ last answered over HTTP, by `performance.now()`. */
  lastHttpAnswerMs: () => number;
  log: Logger;
}

/** One WebSocket to HQ, from the try to open it until `ended`, which always comes and never rejects. */
export class Connection {
  readonly ended: Promise<ConnectionEnd>;
  private readonly socket: WebSocket;
  private readonly watch: NodeJS.Timeout;
  private tcp: Socket | null = null;
  private end!: (end: End) => void;
  private welcomed = false;
  /** Why this side ends the connection. */
  private closing: string | null = null;
  private goodbyeMs: number | undefined;
  private readonly startedMs = performance.now();
  private bytesRead = 0;
  private heardMs = performance.now();
  private checkedMs = performance.now();
  private pongedMs = -Infinity;

  constructor(private readonly options: ConnectionOptions) {
    this.ended = new Promise((resolve) => {
      this.end = (end) =>
        resolve({
          ...end,
          welcomed: this.welcomed,
          lastedMs: performance.now() - this.startedMs,
          ...(this.goodbyeMs === undefined ? {} : { goodbyeMs: this.goodbyeMs }),
        });
    });
    const url = addressAt(options.hqUrl, 'v1/socket');
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
    this.socket = new WebSocket(url, subprotocol, {
      headers: { authorization: `Bearer ${options.token}` },
      handshakeTimeout: agentLimits.handshakeTimeoutMs,
      maxPayload: limits.maxFrameBytes,
      perMessageDeflate: false,
      followRedirects: false,
    });
    this.listen();
    this.watch = setInterval(() => {
      this.checkSilence();
      this.showLife();
    }, agentLimits.silenceCheckMs);
  }

  get isWelcomed(): boolean {
    return this.welcomed && this.socket.readyState === WebSocket.OPEN;
  }

  /** Returns false when the frame was not sent: the socket is not open, or the line does not drain. */
  send(message: StoreMessage): boolean {
    if (this.socket.readyState !== WebSocket.OPEN) return false;
    if (this.socket.bufferedAmount > agentLimits.maxBufferedBytes) return false;
    const text = JSON.stringify(message);
    if (Buffer.byteLength(text) > limits.maxFrameBytes) {
      this.options.log.error({ type: message.type }, 'a frame is over the limit and is not sent');
      return false;
    }
    this.socket.send(text);
    return true;
  }

  /** Says good-bye with 1000; a peer that does not answer is cut after `stopSocketMs`. */
  close(why: string): void {
    this.closing = why;
    if (this.socket.readyState === WebSocket.CONNECTING) return this.cut('stopped', why);
    this.socket.close(1000, why);
    const cut = setTimeout(() => this.cut('stopped', why), agentLimits.stopSocketMs);
    void this.ended.then(() => clearTimeout(cut));
  }

  private listen(): void {
    const { socket } = this;
    socket.on('upgrade', (response) => (this.tcp = response.socket));
    socket.on('open', () => this.greet());
    socket.on('message', (data, isBinary) => this.receive(data, isBinary));
    socket.on('unexpected-response', (request, response) => {
      void refusalOf(response).then((refusal) => {
        request.destroy();
        this.finish(refusal);
      });
    });
    socket.on('error', (error) => this.finish({ how: 'failed', message: error.message }));
    socket.on('close', (closeCode, reason) => {
      if (this.closing !== null) return this.finish({ how: 'stopped', message: this.closing });
      this.finish({ how: 'closed', closeCode, message: reason.toString() || `closed with ${closeCode}` });
    });
  }

  private greet(): void {
    this.heardMs = performance.now();
    try {
      this.send(this.options.hello());
    } catch (error) {
      this.options.log.error({ err: error }, 'the hello could not be made');
      this.finish({ how: 'failed', message: String(error) });
      this.socket.terminate();
    }
  }

  private receive(data: RawData, isBinary: boolean): void {
    const { log, onMessage } = this.options;
    if (isBinary) return log.warn('HQ sent a binary frame; it is ignored');
    const frame = readHqFrame((data as Buffer).toString('utf8'));
    if (frame.message === null)
      return log.warn({ complaint: frame.complaint }, 'HQ sent a frame that is ignored');
    const { message } = frame;
    if (message.type === 'welcome') this.welcomed = true;
    if (message.type === 'goodbye') this.goodbyeMs = message.reconnectAfterMs;
    try {
      onMessage(message);
    } catch (error) {
      // the store's disk, most likely: the socket itself is well
      log.error({ err: error, type: message.type }, 'a frame of HQ could not be handled');
    }
  }

  /** Bytes are counted, not frames: HQ's pings are answered inside `ws` and are proof enough. */
  private checkSilence(): void {
    const nowMs = performance.now();
    const lateMs = Math.max(0, nowMs - this.checkedMs - agentLimits.silenceCheckMs);
    this.checkedMs = nowMs;
    // this process did not run: what HQ sent meanwhile has yet to be read
    if (lateMs > agentLimits.silenceCheckMs)
      this.heardMs = Math.max(this.heardMs, nowMs - agentLimits.silenceMs / 2);
    const bytesRead = this.tcp?.bytesRead ?? 0;
    if (bytesRead !== this.bytesRead) {
      this.bytesRead = bytesRead;
      this.heardMs = nowMs;
    }
    const silentMs = nowMs - this.heardMs;
    const heardByHttp = nowMs - this.options.lastHttpAnswerMs() < agentLimits.silenceMs;
    if (silentMs >= (heardByHttp ? agentLimits.maxSilenceWithHttpMs : agentLimits.silenceMs)) {
      this.cut('silent', `nothing came from HQ for ${Math.round(silentMs)} ms`);
    } else if (
      !this.welcomed &&
      nowMs - this.startedMs > agentLimits.handshakeTimeoutMs + agentLimits.welcomeTimeoutMs
    ) {
      this.cut('silent', 'no welcome came');
    }
  }

  private showLife(): void {
    const nowMs = performance.now();
    // half a check of slack: the timer is never punctual
    if (nowMs - this.pongedMs < agentLimits.syncingPongMs - agentLimits.silenceCheckMs / 2) return;
    if (!this.isWelcomed || !this.options.syncing()) return;
    this.pongedMs = nowMs;
    this.socket.pong();
  }

  private cut(how: 'silent' | 'stopped', message: string): void {
    this.finish({ how, message });
    this.socket.terminate();
  }

  private finish(end: End): void {
    clearInterval(this.watch);
    this.end(end);
  }
}

const maxRefusalBytes = 16 * 1024;

async function refusalOf(response: IncomingMessage): Promise<End> {
  const httpStatus = response.statusCode ?? 0;
  let text = '';
  try {
    response.setTimeout(agentLimits.handshakeTimeoutMs, () => response.destroy());
    for await (const chunk of response as AsyncIterable<Buffer>) {
      text += chunk.toString('utf8');
      if (text.length > maxRefusalBytes) break;
    }
  } catch {
    // the status alone says enough
  }
  const said = problemOf(text);
  const waitMs = retryAfterMs(response.headers['retry-after'], said?.retryAfterSeconds);
  return {
    how: 'refused',
    httpStatus,
    ...(said === null ? {} : { code: said.code }),
    message: said?.title ?? `HQ answered ${httpStatus}`,
    ...(waitMs === null ? {} : { retryAfterMs: waitMs }),
  };
}

function problemOf(text: string) {
  try {
    return problem.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}
