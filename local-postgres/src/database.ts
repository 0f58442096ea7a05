import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { Cluster } from './cluster.js';
import { LocalPostgresError } from './errors.js';

type Reachable = Pick<Cluster, 'url'>;

const NAME_LIMIT_BYTES = 63;
const COMMAND_LIMIT_MS = 60_000;
const CONNECT_LIMIT_MS = 10_000;
/** A client that has just left a database is seen there for some milliseconds more. */
const BUSY_LIMIT_MS = 5_000;
const BUSY_POLL_MS = 50;

const OBJECT_IN_USE = '55006';

/**
 * Makes a database, as a copy of `template` if given, and returns its URL.
 * Throws LocalPostgresError `database-failed`: it exists, the template is in use for 5 s, the name has over 63 bytes.
 */
export async function createDatabase(cluster: Reachable, name: string, template?: string): Promise<string> {
  const copy = template === undefined ? '' : ` TEMPLATE ${quoted(template)}`;
  await runWhenFree(cluster, `CREATE DATABASE ${quoted(name)}${copy}`);
  return cluster.url(name);
}

/** Ends the database's connections and removes it; nothing to do if there is none. Throws as createDatabase does. */
export async function dropDatabase(cluster: Reachable, name: string): Promise<void> {
  await runUnlessInUse(cluster, `DROP DATABASE IF EXISTS ${quoted(name)} WITH (FORCE)`, 0);
}

/** Throws as createDatabase does, also when there is no `from`. */
export async function renameDatabase(cluster: Reachable, from: string, to: string): Promise<void> {
  await runWhenFree(cluster, `ALTER DATABASE ${quoted(from)} RENAME TO ${quoted(to)}`);
}

async function runWhenFree(cluster: Reachable, sql: string): Promise<void> {
  const deadline = Date.now() + BUSY_LIMIT_MS;
  while (!(await runUnlessInUse(cluster, sql, deadline))) await sleep(BUSY_POLL_MS);
}

/** False: something is in use, and there is time for another try until `deadline`. */
async function runUnlessInUse(cluster: Reachable, sql: string, deadline: number): Promise<boolean> {
  try {
    await run(cluster.url(), sql);
    return true;
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    if (code === OBJECT_IN_USE && Date.now() < deadline) return false;
    throw new LocalPostgresError('database-failed', `${sql} failed: ${message}.`, { cause: error });
  }
}

async function run(url: string, sql: string): Promise<void> {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: CONNECT_LIMIT_MS,
    query_timeout: COMMAND_LIMIT_MS,
  });
  // Without a listener, a server that ends under the idle connection would end this process.
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query(sql);
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** PostgreSQL cuts longer names silently, and two of them could then mean the same database. */
function quoted(name: string): string {
  if (name === '' || Buffer.byteLength(name) > NAME_LIMIT_BYTES) {
    throw new LocalPostgresError(
      'database-failed',
      `"${name}" is no database name of 1 to ${NAME_LIMIT_BYTES} bytes.`,
    );
  }
  return pg.escapeIdentifier(name);
}
