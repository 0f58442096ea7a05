import Database from 'libsql';
import { join } from 'node:path';

export interface DataDirLock {
  release(): void;
}

/**
 * Refuses a second agent on the same directory, in this process or another; the kernel frees it when the process
 * dies. It is an open exclusive transaction on a database of its own: `locking_mode=EXCLUSIVE` on the queue would
 * outlive `close()`, which libsql defers until every prepared statement is collected.
 *
 * @throws Error naming the directory when another agent has it.
 */
export function lockDataDir(dataDir: string): DataDirLock {
  const db = new Database(join(dataDir, 'agent.lock'), { timeout: 0 });
  try {
    db.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    db.close();
    if ((error as { code?: string }).code !== 'SQLITE_BUSY') throw error;
    throw new Error(`another store agent uses the data directory ${dataDir}`, { cause: error });
  }
  return {
    release() {
      db.exec('ROLLBACK');
      db.close();
    },
  };
}
