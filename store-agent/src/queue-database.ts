import Database from 'libsql';
import { existsSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { lockDataDir, type DataDirLock } from './data-dir-lock.js';
import { agentLimits } from './limits.js';
import { queueSchemaSteps } from './queue-schema.js';
import { inTransaction, migrate } from './sqlite.js';

export interface DiskUse {
  /** Pages that hold something; pages freed by purging are reused and do not count. */
  usedBytes: number;
  /** At this size the intake refuses new records. */
  limitBytes: number;
}

/**
 * The store's SQLite file, opened for one agent alone. A commit has been fsynced when it returns (WAL with
 * `synchronous=FULL`, 0.36 ms on the machine where it was measured).
 *
 * The whole bound is split in three: the write-ahead log, the records, and a reserve under SQLite's own wall
 * (`max_page_count`) in which a full queue can still change the state of its records.
 */
export class QueueDatabase {
  readonly db: Database.Database;
  private readonly lock: DataDirLock;
  private readonly limitBytes: number;
  private readonly pageBytes: number;
  private readonly pageCount: Database.Statement;
  private readonly freePages: Database.Statement;

  /** @throws Error when another agent has the directory, or a newer agent made the file. */
  constructor(dataDir: string, maxDiskBytes: number) {
    if (maxDiskBytes < agentLimits.minDiskBytes) {
      throw new Error(`maxDiskBytes must be at least ${agentLimits.minDiskBytes}`);
    }
    makeDirectory(dataDir);
    this.lock = lockDataDir(dataDir);
    try {
      this.db = new Database(join(dataDir, 'queue.db'), { timeout: 1_000 });
      this.db.pragma('journal_mode = WAL');
      this.db.pragma('synchronous = FULL');
      this.pageBytes = (this.db.pragma('page_size') as [{ page_size: number }])[0].page_size;
      this.limitBytes = this.boundDisk(maxDiskBytes);
      migrate(this.db, queueSchemaSteps);
      this.pageCount = this.db.prepare('PRAGMA page_count');
      this.freePages = this.db.prepare('PRAGMA freelist_count');
    } catch (error) {
      this.lock.release();
      throw error;
    }
  }

  /** Runs `work` in one durable transaction. Nothing of it remains when it throws. */
  transaction<T>(work: () => T): T {
    return inTransaction(this.db, work);
  }

  diskUse(): DiskUse {
    const { page_count: pages } = this.pageCount.get() as { page_count: number };
    const { freelist_count: free } = this.freePages.get() as { freelist_count: number };
    return { usedBytes: (pages - free) * this.pageBytes, limitBytes: this.limitBytes };
  }

  close(): void {
    try {
      this.db.pragma('wal_checkpoint(TRUNCATE)');
    } catch {
      // the next start reads the log instead
    }
    this.db.close();
    this.lock.release();
  }

  private boundDisk(maxDiskBytes: number): number {
    const walBytes = Math.min(agentLimits.maxWalBytes, maxDiskBytes / 4);
    const reserveBytes = Math.min(agentLimits.maxReserveBytes, maxDiskBytes / 8);
    const walPages = Math.floor(walBytes / 4 / this.pageBytes);
    this.db.pragma(`journal_size_limit = ${Math.floor(walBytes)}`);
    this.db.pragma(`wal_autocheckpoint = ${Math.min(agentLimits.walAutocheckpointPages, walPages)}`);
    this.db.pragma(`max_page_count = ${Math.floor((maxDiskBytes - walBytes) / this.pageBytes)}`);
    return Math.floor(maxDiskBytes - walBytes - reserveBytes);
  }
}

/** Not mkdir's own `recursive`, which loops for ever where mkdir says ENOENT although the parent exists: /proc. */
function makeDirectory(directory: string): void {
  if (existsSync(directory)) return;
  const parent = dirname(directory);
  if (parent !== directory) makeDirectory(parent);
  mkdirSync(directory);
}
