import type { Command, StoreSettings } from '@hq-sync/protocol/hq-message';
import type { Pool } from '../db/database.js';
import { ReadingLoop } from '../db/reading-loop.js';
import { storeSettingsColumns } from './store-settings.js';
import { tokenRejection, type TokenRejection } from './store-token.js';

/** NOTIFY channel of changes that concern connected stores. Its payload is empty: a hint to read, not the news. */
export const storeChangedChannel = 'hq_store_changed';
/** Re-read settings this far before the newest change seen: longer than any transaction may stay open. */
const settingsOverlap = "interval '60 seconds'";

/** Said in the transaction that revokes a token, queues a command or changes a store; delivered at its commit. */
export const hintStoreChanged = `select pg_notify('${storeChangedChannel}', '')`;

export interface WatchedFleet {
  /** Ids of the stores and tokens that are connected here. */
  connected(): { storeIds: string[]; tokenIds: string[] };
  tokenEnded(
    tokenId: string,
    rejection: Exclude<TokenRejection, 'token_missing' | 'token_unknown'>,
    archived: boolean,
  ): void;
  deliver(storeId: string, command: Command): void;
  settingsChanged(store: StoreSettings): void;
}

/**
 * Carries changes made anywhere (this process, another replica, SQL) to the stores connected here: ended tokens,
 * waiting commands, changed settings. Reads at once on a hint, and every `intervalMs` without one, so that a lost
 * notification or a dead listener costs seconds and loses nothing.
 */
export class Watch {
  private readonly loop: ReadingLoop;
  private lastReadAt: string | null = null;

  constructor(
    private readonly pool: Pool,
    intervalMs: number,
    private readonly fleet: WatchedFleet,
    onError: (error: unknown) => void,
  ) {
    this.loop = new ReadingLoop(intervalMs, () => this.readAll(), onError);
  }

  start(): void {
    this.loop.start();
  }

  stop(): Promise<void> {
    return this.loop.stop();
  }

  /** Reads now, or once more after the read under way. */
  read(): Promise<void> {
    return this.loop.read();
  }

  private async readAll(): Promise<void> {
    const { storeIds, tokenIds } = this.fleet.connected();
    const ended = await this.pool.query<{ token_id: string; rejection: 'token_revoked'; archived: boolean }>(
      endedTokens,
      [tokenIds],
    );
    for (const row of ended.rows) this.fleet.tokenEnded(row.token_id, row.rejection, row.archived);
    const commands = await this.pool.query<{
      store_id: string;
      command_id: string;
      command: string;
      entities: string[] | null;
      job_id: string | null;
    }>(waitingCommands, [storeIds]);
    for (const row of commands.rows) this.fleet.deliver(row.store_id, commandFrame(row));
    const changed = await this.pool.query<StoreSettings & { readAt: string }>(changedSettings, [
      storeIds,
      this.lastReadAt,
    ]);
    for (const { readAt, ...store } of changed.rows) {
      this.lastReadAt = readAt;
      this.fleet.settingsChanged(store);
    }
    this.lastReadAt ??=
      (await this.pool.query<{ now: string }>('select clock_timestamp()::text as now')).rows[0]?.now ?? null;
  }
}

const endedTokens = `
  select token_id, rejection, archived from (
    select t.token_id, ${tokenRejection} as rejection, s.archived_at is not null as archived
    from hq.store_token t
    join hq.store s using (store_id)
    where t.token_id = any($1::uuid[])
  ) ended
  where rejection is not null`;

/** A waiting command as its store gets it. */
export function commandFrame(row: {
  command_id: string;
  command: string;
  entities: string[] | null;
  job_id: string | null;
}): Command {
  return {
    type: 'command',
    commandId: row.command_id,
    command: row.command,
    ...(row.entities && { entities: row.entities }),
    ...(row.command === 'cancel_resync' && row.job_id && { cancels: row.job_id }),
  };
}

export const waitingCommands = `
  select store_id, command_id, command, entities, job_id from hq.store_command
  where done_at is null and store_id = any($1::text[])
  order by created_at`;

const changedSettings = `
  select ${storeSettingsColumns}, clock_timestamp()::text as "readAt"
  from hq.store
  where store_id = any($1::text[]) and changed_at > $2::timestamptz - ${settingsOverlap}`;
