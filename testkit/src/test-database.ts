import { randomBytes } from 'node:crypto';
import { createDatabase, dropDatabase } from '@hq-sync/local-postgres/database';
import pg from 'pg';

export interface TestDatabase {
  readonly url: string;
  /** For what a test asks or arranges in SQL. */
  readonly pool: pg.Pool;
  /** Another one with what is in this one now; nobody but this pool may be connected. */
  copy(): Promise<TestDatabase>;
  drop(): Promise<void>;
}

/** The server that global-setup.mjs started. */
function server(): { url(database?: string): string } {
  const base = process.env['HQ_TEST_SERVER'];
  if (!base) throw new Error('HQ_TEST_SERVER is not set: run the tests with `npm test`.');
  return { url: (database = 'postgres') => base.replace(/\/[^/]*$/, `/${database}`) };
}

/** A database of its own, copied from the migrated template or another one; `template0` has nothing in it. */
export async function createTestDatabase(template = 'hq_template'): Promise<TestDatabase> {
  const name = `test_${randomBytes(6).toString('hex')}`;
  const url = await createDatabase(server(), name, template);
  let pool = openPool(url);
  return {
    url,
    get pool() {
      return pool;
    },
    async copy() {
      await pool.end();
      try {
        return await createTestDatabase(name);
      } finally {
        pool = openPool(url);
      }
    },
    async drop() {
      await pool.end();
      await dropDatabase(server(), name);
    },
  };
}

function openPool(connectionString: string): pg.Pool {
  const pool = new pg.Pool({ connectionString, max: 4 });
  pool.on('error', () => undefined); // a test may have killed the server
  return pool;
}
