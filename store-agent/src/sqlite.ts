import type Database from 'libsql';

/** Runs `work` in one transaction. Nothing of it remains when it throws. */
export function inTransaction<T>(db: Database.Database, work: () => T): T {
  db.exec('BEGIN IMMEDIATE');
  try {
    const result = work();
    db.exec('COMMIT');
    return result;
  } catch (error) {
    // a full disk has rolled back by itself
    if (db.inTransaction) db.exec('ROLLBACK');
    throw error;
  }
}

/**
 * Brings a file to its newest schema, a transaction for each step.
 *
 * @throws Error when a newer agent made the file.
 */
export function migrate(db: Database.Database, steps: readonly string[]): void {
  const version = (db.pragma('user_version') as [{ user_version: number }])[0].user_version;
  if (version > steps.length) {
    throw new Error(`the data directory was made by a newer store agent (schema ${version})`);
  }
  for (const [index, step] of steps.entries()) {
    if (index < version) continue;
    inTransaction(db, () => db.exec(`${step}; PRAGMA user_version = ${index + 1}`));
  }
}

/** SQLite's own wall, or the file system's. */
export function isDiskFull(error: unknown): boolean {
  const { code } = error as { code?: string };
  return code === 'SQLITE_FULL' || code === 'ENOSPC';
}

/** The file is no database, or a broken one. */
export function isCorrupt(error: unknown): boolean {
  const { code } = error as { code?: string };
  return code !== undefined && /^SQLITE_(CORRUPT|NOTADB)/.test(code);
}
