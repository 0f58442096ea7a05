import { readdir, readFile } from 'node:fs/promises';
import knex from 'knex';
import pg from 'pg';

/** Any number, the same for ever: whoever holds this advisory lock migrates. */
const migrationLockKey = 7_316_001;
const folder = new URL('../../migrations/', import.meta.url);

/**
 * Brings the database to the newest schema; forward only. Safe under concurrent starts: the advisory lock belongs to
 * a session, so a process killed while migrating leaves nothing behind (knex's own lock row would stay).
 * @returns the names of the migrations that it ran.
 */
export async function migrate(databaseUrl: string): Promise<string[]> {
  const lock = new pg.Client({ connectionString: databaseUrl, connectionTimeoutMillis: 10_000 });
  await lock.connect();
  try {
    await lock.query('select pg_advisory_lock($1)', [migrationLockKey]);
    return await runMigrations(databaseUrl);
  } finally {
    await lock.end();
  }
}

async function runMigrations(databaseUrl: string): Promise<string[]> {
  const db = knex({ client: 'pg', connection: databaseUrl, pool: { min: 0, max: 2 } });
  try {
    const config = { migrationSource, schemaName: 'public', tableName: 'hq_migration' };
    await db.migrate.forceFreeMigrationsLock(config);
    const [, names] = (await db.migrate.latest(config)) as [number, string[]];
    return names;
  } finally {
    await db.destroy();
  }
}

/** Plain SQL files, `NNNN_name.sql`, each run in a transaction of its own. */
const migrationSource = {
  async getMigrations(): Promise<string[]> {
    return (await readdir(folder)).filter((name) => /^\d{4}_.*\.sql$/.test(name)).sort();
  },
  getMigrationName: (name: string): string => name,
  async getMigration(name: string): Promise<knex.Knex.Migration> {
    const sql = await readFile(new URL(name, folder), 'utf8');
    return {
      up: (db) => db.raw(sql.replaceAll('?', '\\?')),
      down: () => Promise.reject(new Error('Migrations go forward only.')),
    };
  },
};
