import { performance } from 'node:perf_hooks';
import type { Pool, PoolClient, QueryResultRow } from 'pg';
import { checkOut, giveBack } from '../db/database.js';
import { DeadlinePassed, within } from './deadline.js';

/** One connection of the pool, for statements that must all be done by a deadline. */
export interface Reader {
  /** Rejects with what Postgres says, or an error of pg's when the deadline has passed. */
  rows<Row extends QueryResultRow>(sql: string, parameters: readonly unknown[]): Promise<Row[]>;
  /** Back to the pool. */
  release(): void;
  /** Closed: after an error nobody knows what it still has to say. */
  destroy(): void;
}

/** All that the reader does must be done within `limitMs`, getting the connection included. */
export async function openReader(pool: Pool, limitMs: number): Promise<Reader> {
  const deadline = performance.now() + limitMs;
  const client = await connect(pool, limitMs);
  return {
    async rows<Row extends QueryResultRow>(text: string, parameters: readonly unknown[]) {
      const leftMs = Math.ceil(deadline - performance.now());
      if (leftMs <= 0) throw new DeadlinePassed('reading the fleet', limitMs);
      // query_timeout is pg's own clock: a server that has gone silent would never say that it is over time.
      const query = { text, values: [...parameters], query_timeout: leftMs };
      return (await client.query<Row>(query)).rows;
    },
    release: () => giveBack(client),
    destroy: () => {
      client.on('error', nobodyElseToTell);
      giveBack(client, true);
    },
  };
}

async function connect(pool: Pool, limitMs: number): Promise<PoolClient> {
  const connecting = checkOut(pool);
  try {
    return await within('a connection to Postgres', limitMs, connecting);
  } catch (error) {
    if (error instanceof DeadlinePassed) {
      connecting.then((client) => giveBack(client), nobodyElseToTell);
    }
    throw error;
  }
}

function nobodyElseToTell(): void {}
