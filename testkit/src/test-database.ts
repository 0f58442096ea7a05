import { randomBytes } from 'node:crypto';
import { createDatabase, dropDatabase } from '@hq-sync/local-postgres/database';
import pg from 'pg';

export interface TestDatabase {
  readonly url: string;
  /** For what a test asks or arranges in SQL. */
  readonly pool: pg.Pool;
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
  const pool = new pg.Pool({ connectionString: url, max: 4 });
  pool.on('error', () => undefined); // a test may have killed the server
  return {
    url,
    pool,
    async drop() {
      await pool.end();
      await dropDatabase(server(), name);
    },
  };
}
