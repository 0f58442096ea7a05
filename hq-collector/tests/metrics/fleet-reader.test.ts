import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createTestDatabase, type TestDatabase } from '@hq-sync/testkit/test-database';
import pg from 'pg';
import { DeadlinePassed } from '../../src/metrics/deadline.js';
import { openReader } from '../../src/metrics/fleet-reader.js';

let database: TestDatabase;
let pool: pg.Pool;
const idleErrors: Error[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
  pool = new pg.Pool({ connectionString: database.url, max: 1 });
  pool.on('error', (error) => idleErrors.push(error));
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});

/** With one connection in the pool, this hangs if the reader before did not give it back. */
async function expectPoolSound(): Promise<void> {
  const { rows } = await pool.query('select 1 as one');
  expect(rows).toEqual([{ one: 1 }]);
  expect(pool.totalCount).toBe(1);
}

test('what is still under way at the deadline is given up, and what comes after it is not begun', async () => {
  const reader = await openReader(pool, 150);
  await expect(reader.rows('select pg_sleep(30)', [])).rejects.toThrow('timeout');
  const late = reader.rows('select 1', []);
  await expect(late).rejects.toThrow(DeadlinePassed);
  await expect(late).rejects.toThrow('reading the fleet took over 150 ms');
  reader.destroy();
  await expectPoolSound();
});

test('a connection that does not come in time is given back when it comes', async () => {
  const taken = await pool.connect();
  await expect(openReader(pool, 50)).rejects.toThrow('a connection to Postgres took over 50 ms');
  taken.release();
  await expectPoolSound();
});

test('a connection that breaks between two statements ends the reading, and not the process', async () => {
  const reader = await openReader(pool, 10_000);
  const [{ pid } = { pid: 0 }] = await reader.rows<{ pid: number }>('select pg_backend_pid() as pid', []);
  await database.pool.query('select pg_terminate_backend($1, 5000)', [pid]);
  await expect(reader.rows('select 1', [])).rejects.toThrow();
  reader.destroy();
  await expectPoolSound();
  expect(idleErrors).toEqual([]);
});
