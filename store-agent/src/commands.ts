import type { Command } from '@hq-sync/protocol/hq-message';
import { limits } from '@hq-sync/protocol/limits';
import type { StoreMessage } from '@hq-sync/protocol/store-message';
import { agentLimits } from './limits.js';
import type { FinishedResync, Resyncs } from './resync.js';
import type { TokenKeeper } from './token-keeper.js';

export interface CommandContext {
  readonly resyncs: Resyncs;
  readonly tokens: TokenKeeper;
  /** Whether the store keeps a copy of this entity. */
  pulls(entity: string): boolean;
  /** Pulls these at once, whatever was waited for. */
  pullNow(entities: readonly string[]): void;
  /** Pushes at once what waits, what was withheld included. */
  pushNow(): void;
  /** Ends the connection and makes another, with the token of then. */
  connectAnew(): void;
  send(message: StoreMessage): void;
}

/** What HQ orders the store to do. Each command is answered, and again whenever HQ asks again. */
export class Commands {
  private newTokenTimer: NodeJS.Timeout | undefined;
  private stopped = false;

  constructor(private readonly context: CommandContext) {}

  obey({ commandId, command, entities, cancels }: Command): void {
    switch (command) {
      case 'push_now':
        this.context.pushNow();
        return this.done(commandId, 'done');
      case 'resync':
        return this.resync(commandId, entities);
      case 'cancel_resync':
        if (cancels !== undefined) this.context.resyncs.cancel(cancels);
        return this.done(commandId, 'done');
      case 'rotate_token':
        return this.rotateToken(commandId);
      default:
        return this.done(commandId, 'refused', 'this store agent does not know the command');
    }
  }

  /** HQ knows the new token: a connection with it makes it the store's. */
  newTokenKnown(commandId: string): void {
    if (!this.context.tokens.known(commandId) || this.stopped) return;
    clearTimeout(this.newTokenTimer);
    this.newTokenTimer = setTimeout(
      () => this.context.connectAnew(),
      Math.random() * agentLimits.maxNewTokenWaitMs,
    );
  }

  resynced({ commandId, message }: FinishedResync): void {
    this.done(commandId, 'done', message ?? undefined);
  }

  stop(): void {
    this.stopped = true;
    clearTimeout(this.newTokenTimer);
  }

  private rotateToken(commandId: string): void {
    const secretHash = this.context.tokens.prepare(commandId);
    if (secretHash === null) return this.done(commandId, 'done');
    this.context.send({ type: 'new_token', commandId, secretHash });
  }

  /** `done` is said when it is over. Entities that this store has no copy of are left out. */
  private resync(commandId: string, entities: readonly string[] | undefined): void {
    if (entities === undefined)
      return this.done(commandId, 'refused', 'entities must be a list of names of entities');
    const unique = [...new Set(entities)];
    const pulled = unique.filter((entity) => this.context.pulls(entity));
    const left = unique.filter((entity) => !this.context.pulls(entity)).join(', ');
    if (pulled.length === 0) return this.done(commandId, 'refused', `this store does not pull ${left}`);
    const remark = left === '' ? null : `not pulled here: ${left}`;
    const finished = this.context.resyncs.order(commandId, pulled, remark);
    if (finished !== null) return this.resynced(finished);
    this.context.pullNow(pulled);
  }

  private done(commandId: string, outcome: 'done' | 'refused', message?: string): void {
    const said = message?.slice(0, limits.maxTextChars);
    this.context.send({
      type: 'command_done',
      commandId,
      outcome,
      ...(said === undefined ? {} : { message: said }),
    });
  }
}
