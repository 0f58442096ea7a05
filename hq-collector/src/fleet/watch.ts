import type { Command, StoreSettings } from '@hq-sync/protocol/hq-message';
import pg from 'pg';
import type { Pool } from '../db/database.js';
import { storeSettingsColumns } from './store-settings.js';
import { tokenRejection, type TokenRejection } from './store-token.js';

/** NOTIFY channel of changes that concern connected stores. Its payload is empty: a hint to read, not the news. */
const hintChannel = 'hq_store_changed';
const relistenDelayMs = 1_000;
/** Re-read settings this far before the newest change seen: longer than any transaction may stay open. */
const settingsOverlap = "interval '60 seconds'";

/** Said in the transaction that revokes a token, queues a command or changes a store; delivered at its commit. */
export const hintStoreChanged = `select pg_notify('${hintChannel}', '')`;

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
  private timer: NodeJS.Timeout | undefined;
  private listener: pg.Client | undefined;
  private reading: Promise<void> | undefined;
  private hinted = false;
  private stopped = false;
  private lastReadAt: string | null = null;

  constructor(
    private readonly pool: Pool,
    private readonly databaseUrl: string,
    private readonly intervalMs: number,
    private readonly fleet: WatchedFleet,
    private readonly onError: (error: unknown) => void,
  ) {}

  start(): void {
    void this.listen();
    this.timer = setInterval(() => void this.read(), this.intervalMs);
  }

  async stop(): Promise<void> {
    this.stopped = true;
    clearInterval(this.timer);
    await this.listener?.end().catch(() => undefined);
    await this.reading;
  }

  /** Reads now, or once more after the read under way. */
  read(): Promise<void> {
    if (this.reading) {
      this.hinted = true;
      return this.reading;
    }
    this.reading = this.readAll()
      .catch(this.onError)
      .then(() => {
        this.reading = undefined;
        if (!this.hinted || this.stopped) return;
        this.hinted = false;
        return this.read();
      });
    return this.reading;
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
      command: Command['command'];
    }>(waitingCommands, [storeIds]);
    for (const row of commands.rows) {
      this.fleet.deliver(row.store_id, { type: 'command', commandId: row.command_id, command: row.command });
    }
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

  private async listen(): Promise<void> {
    if (this.stopped) return;
    const client = new pg.Client({
      connectionString: this.databaseUrl,
      connectionTimeoutMillis: 3_000,
      keepAlive: true,
    });
    this.listener = client;
    client.on('notification', () => void this.read());
    client.on('error', this.onError);
    client.on('end', () => {
      if (!this.stopped) setTimeout(() => void this.listen(), relistenDelayMs).unref();
    });
    try {
      await client.connect();
      await client.query(`listen ${hintChannel}`);
      await this.read(); // whatever was said while nobody listened
    } catch (error) {
      this.onError(error);
      await client.end().catch(() => undefined);
    }
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

export const waitingCommands = `
  select store_id, command_id, command from hq.store_command
  where done_at is null and store_id = any($1::text[])
  order by created_at`;

const changedSettings = `
  select ${storeSettingsColumns}, clock_timestamp()::text as "readAt"
  from hq.store
  where store_id = any($1::text[]) and changed_at > $2::timestamptz - ${settingsOverlap}`;
