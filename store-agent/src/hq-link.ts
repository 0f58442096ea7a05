import type { Command, HqMessage } from '@hq-sync/protocol/hq-message';
import type { Hello, StoreMessage } from '@hq-sync/protocol/store-message';
import type { Logger } from 'pino';
import { Connection, type ConnectionEnd } from './connection.js';
import { agentLimits } from './limits.js';
import { isTokenRejected, Reconnect } from './reconnect.js';
import { Wakeup } from './wakeup.js';

export interface LinkParts {
  hqUrl: string;
  /** For the next connection; '' while there is none. */
  token: () => string;
  onTokenWelcomed: (token: string) => void;
  /** Returns whether there is another token to try at once. */
  onTokenRejected: (token: string) => boolean;
  hello: () => Hello;
  /** Whether a push or a pull is under way. */
  syncing: () => boolean;
  onMessage: (message: Exclude<HqMessage, Command>) => void;
  onCommand: (command: Command) => void;
  onEnd: (end: ConnectionEnd) => void;
  log: Logger;
}

/** Keeps one connection to HQ: opens it, waits after its end, opens the next. It ends only by `stop`. */
export class HqLink {
  /** Connections that were welcomed. */
  connects = 0;
  private readonly reconnect = new Reconnect();
  private readonly wakeup = new Wakeup();
  private connection: Connection | null = null;
  private lastHttpAnswerMs = -Infinity;
  private stopped = false;
  private ended: Promise<void> = Promise.resolve();

  constructor(private readonly parts: LinkParts) {}

  start(): void {
    this.ended = this.run();
  }

  get connected(): boolean {
    return this.connection?.isWelcomed ?? false;
  }

  /** Returns false when there is no welcomed connection, or it does not drain. */
  send(message: StoreMessage): boolean {
    return this.connected && (this.connection?.send(message) ?? false);
  }

  heardByHttp(): void {
    this.lastHttpAnswerMs = performance.now();
  }

  /** Ends the wait before the next try, if one is under way. */
  connectNow(): void {
    if (this.connection === null) this.wakeup.wake();
  }

  /** Ends the connection and opens the next at once: with another token. */
  connectAnew(): void {
    this.connection?.close('a new token');
  }

  async stop(): Promise<void> {
    this.stopped = true;
    this.connection?.close('the agent stops');
    this.wakeup.wake();
    await this.ended;
  }

  private async run(): Promise<void> {
    while (!this.stopped) {
      const token = this.parts.token();
      if (token === '') {
        await this.wakeup.wait(Infinity);
        continue;
      }
      const end = await this.connect(token);
      if (this.stopped) return;
      if (end.how === 'stopped') continue;
      // another token came while HQ was rejecting this one, or there is another to try
      const isOutdated =
        isTokenRejected(end) && (token !== this.parts.token() || this.parts.onTokenRejected(token));
      const waitMs = isOutdated ? agentLimits.firstReconnectMaxMs : this.reconnect.waitAfter(end);
      this.parts.log.info({ ...end, waitMs: Math.round(waitMs) }, `not connected: ${end.message}`);
      await this.wakeup.wait(waitMs);
    }
  }

  private async connect(token: string): Promise<ConnectionEnd> {
    let end: ConnectionEnd;
    try {
      this.connection = this.open(token);
      end = await this.connection.ended;
    } catch (error) {
      // e.g. a token that cannot be a header
      end = { how: 'failed', welcomed: false, lastedMs: 0, message: String(error) };
    }
    this.connection = null;
    try {
      this.parts.onEnd(end);
    } catch (error) {
      this.parts.log.error({ err: error }, 'the end of a connection could not be handled');
    }
    return end;
  }

  private open(token: string): Connection {
    const { hqUrl, hello, syncing, log, onTokenWelcomed, onMessage, onCommand } = this.parts;
    return new Connection({
      hqUrl,
      token,
      hello,
      syncing,
      log,
      lastHttpAnswerMs: () => this.lastHttpAnswerMs,
      onMessage: (message) => {
        if (message.type === 'command') return onCommand(message);
        if (message.type === 'welcome') {
          this.connects += 1;
          onTokenWelcomed(token);
        }
        onMessage(message);
        if (message.type === 'welcome') message.commands.forEach(onCommand);
      },
    });
  }
}
