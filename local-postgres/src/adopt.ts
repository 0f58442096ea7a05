import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { LocalPostgresError } from './errors.js';
import { SUPERUSER } from './init.js';
import type { Place } from './place.js';
import { type Postmaster, findPostmaster } from './postmaster-file.js';

/** As long as a start may take: the orphan may be in the middle of its crash recovery. */
const ANSWER_LIMIT_MS = 120_000;
const CONNECT_LIMIT_MS = 3_000;
const POLL_MS = 100;

const INVALID_PASSWORD = '28P01';
const TOO_MANY_CONNECTIONS = '53300';

/**
 * The server that already runs on this data directory, once it answers; undefined if none runs, or it was just ending.
 * Throws LocalPostgresError `bad-password`, or `no-answer` after 120 s.
 */
export async function findRunningServer(place: Place, password: string): Promise<Postmaster | undefined> {
  const deadline = Date.now() + ANSWER_LIMIT_MS;
  for (;;) {
    const postmaster = await findPostmaster(place);
    if (postmaster === undefined) return undefined;
    if (postmaster.port > 0 && (await answers(postmaster.port, password, place))) return postmaster;
    if (Date.now() > deadline) {
      const message = `A PostgreSQL server runs on ${place.dataDir} (process ${postmaster.pid}) but gave no answer for ${ANSWER_LIMIT_MS / 1000} s.`;
      throw new LocalPostgresError('no-answer', message);
    }
    await sleep(POLL_MS);
  }
}

async function answers(port: number, password: string, place: Place): Promise<boolean> {
  const client = new pg.Client({
    host: '127.0.0.1',
    port,
    user: SUPERUSER,
    password,
    database: 'postgres',
    connectionTimeoutMillis: CONNECT_LIMIT_MS,
    query_timeout: CONNECT_LIMIT_MS,
  });
  // A server that ends under the connection must not end us: the next query tells.
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query('SELECT 1');
    return true;
  } catch (error) {
    const { code } = error as { code?: string };
    if (code === INVALID_PASSWORD) throw wrongPassword(place, error);
    return code === TOO_MANY_CONNECTIONS;
  } finally {
    await client.end().catch(() => undefined);
  }
}

function wrongPassword({ passwordFile, dataDir }: Place, cause: unknown): LocalPostgresError {
  const message = `The password in ${passwordFile} is not the one of the PostgreSQL in ${dataDir}: put the right one back.`;
  return new LocalPostgresError('bad-password', message, { cause });
}
