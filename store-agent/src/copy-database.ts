import Database from 'libsql';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { copySchemaSteps } from './copy-schema.js';
import { agentLimits } from './limits.js';
import { inTransaction, isCorrupt, migrate } from './sqlite.js';

/**
 * Connections to broken files. libsql closes a connection only when its last statement is collected, and SQLite then
 * removes the write-ahead log by its name, which is the new file's by then: they must not be collected.
 */
const abandoned: Database.Database[] = [];

/**
 * `hq-data.db`: a file of its own, so that neither its size nor its damage touches the queue. All in it can be pulled
 * again, so a file that is broken, or was made by a newer agent, is thrown away.
 *
 * WAL with `synchronous=FULL`: one fsync a page (0.36 ms, where a page takes 20), and then what is confirmed to HQ is
 * durable, as the wire demands. A process that is killed leaves a log that the next start reads.
 */
export class CopyDatabase {
  private opened: Database.Database | null = null;
  private closed = false;

  constructor(
    private readonly dataDir: string,
    private readonly maxBytes: number,
    private readonly log: Logger,
    /** A file was opened; the one before, if any, is gone. */
    private readonly onOpen: (db: Database.Database) => void,
    /** All has to be pulled. */
    private readonly onBeginAnew: () => void,
  ) {}

  /** Runs `work` on the file, opened if need be. @throws Error of SQLite; after a broken file the next call has a new one. */
  use<T>(work: (db: Database.Database) => T): T {
    if (this.closed) throw new Error('the store agent is stopping');
    const db = this.opened ?? this.open();
    try {
      return work(db);
    } catch (error) {
      if (isCorrupt(error)) this.beginAnew(error);
      throw error;
    }
  }

  transaction<T>(work: () => T): T {
    return this.use((db) => inTransaction(db, work));
  }

  close(): void {
    this.closed = true;
    if (this.opened !== null) release(this.opened);
    this.opened = null;
  }

  private open(): Database.Database {
    if (abandoned.length > agentLimits.maxBrokenCopies) {
      throw new Error('the copy of HQ’s data broke too often: it waits for a restart of the agent');
    }
    try {
      this.opened = this.openFile();
    } catch (error) {
      if (!isCorrupt(error) && !isForeign(error)) throw error;
      this.beginAnew(error);
      this.opened = this.openFile();
    }
    return this.opened;
  }

  private openFile(): Database.Database {
    const db = new Database(join(this.dataDir, 'hq-data.db'), { timeout: 1_000 });
    try {
      db.pragma('journal_mode = WAL');
      db.pragma('synchronous = FULL');
      const pageBytes = (db.pragma('page_size') as [{ page_size: number }])[0].page_size;
      const walBytes = Math.min(agentLimits.maxWalBytes, this.maxBytes / 4);
      db.pragma(`journal_size_limit = ${Math.floor(walBytes)}`);
      db.pragma(`wal_autocheckpoint = ${Math.floor(walBytes / 4 / pageBytes)}`);
      db.pragma(`max_page_count = ${Math.floor((this.maxBytes - walBytes) / pageBytes)}`);
      migrate(db, copySchemaSteps);
      this.onOpen(db);
      return db;
    } catch (error) {
      release(db);
      throw error;
    }
  }

  private beginAnew(error: unknown): void {
    this.log.error({ err: error }, 'the copy of HQ’s data cannot be read: it is pulled anew');
    if (this.opened !== null) release(this.opened);
    this.opened = null;
    for (const suffix of ['', '-wal', '-shm', '-journal']) {
      rmSync(join(this.dataDir, `hq-data.db${suffix}`), { recursive: true, force: true });
    }
    this.onBeginAnew();
  }
}

/** Closes so that whatever libsql does later touches no file by its name: without a write-ahead log there is none. */
function release(db: Database.Database): void {
  try {
    db.pragma('journal_mode = DELETE');
    db.close();
  } catch {
    abandoned.push(db);
  }
}

/** Made by a newer agent, or with other tables than ours. */
function isForeign(error: unknown): boolean {
  const { code, message } = error as { code?: string; message: string };
  return code === 'SQLITE_ERROR' || message.includes('newer store agent');
}
