import pg from 'pg';
import type { Config } from '../config.js';
import { isSqlState } from './sqlstate.js';

// int8 as number: every count and amount is bounded far below 2^53 by the wire's own limits.
pg.types.setTypeParser(pg.types.builtins.INT8, Number);
pg.types.setTypeParser(pg.types.builtins.NUMERIC, Number);
// A business date is a name, not an instant: `Date` would move it by the process's own zone.
pg.types.setTypeParser(pg.types.builtins.DATE, (value) => value);

export type Pool = pg.Pool;
/** A connection inside a transaction; never to be kept beyond the function that got it. */
export type Transaction = pg.PoolClient;
/** Either: for single statements that do not care. */
export type Queryable = Pick<pg.Pool, 'query'>;

/** The client gives up this much after the server should have: only a dead network makes the difference. */
const queryTimeoutSlackMs = 3_000;

export interface PoolEvents {
  /** An idle connection broke. */
  error(error: Error): void;
  statementEnded(succeeded: boolean, durationSeconds: number): void;
}

export function openPool(config: Config, on: PoolEvents): Pool {
  const pool = new pg.Pool({
    Client: timedClient(on),
    connectionString: config.DATABASE_URL,
    max: config.HQ_DATABASE_POOL_MAX,
    connectionTimeoutMillis: config.HQ_DATABASE_CONNECT_TIMEOUT_MS,
    statement_timeout: config.HQ_DATABASE_STATEMENT_TIMEOUT_MS,
    query_timeout: config.HQ_DATABASE_STATEMENT_TIMEOUT_MS + queryTimeoutSlackMs,
    idle_in_transaction_session_timeout: config.HQ_DATABASE_STATEMENT_TIMEOUT_MS,
    idleTimeoutMillis: 60_000,
    keepAlive: true,
    application_name: 'hq-collector',
  });
  // An idle connection that breaks is dropped by the pool; without a listener it would end the process.
  pool.on('error', on.error);
  return pool;
}

/** A client that times each statement. COPY is no promise and is not timed. */
function timedClient(on: PoolEvents): typeof pg.Client {
  return class TimedClient extends pg.Client {
    override query(...args: unknown[]): never {
      const startedMs = performance.now();
      const ended = (succeeded: boolean) =>
        on.statementEnded(succeeded, (performance.now() - startedMs) / 1000);
      const callback = args.at(-1);
      if (typeof callback === 'function') {
        args[args.length - 1] = (error: unknown, ...rest: unknown[]) => {
          ended(!error);
          (callback as (...all: unknown[]) => void)(error, ...rest);
        };
      }
      const result = (super.query as (...all: unknown[]) => unknown).apply(this, args);
      if (result instanceof Promise)
        result.then(
          () => ended(true),
          () => ended(false),
        );
      return result as never;
    }
  } as typeof pg.Client;
}

/** The statement under way fails by itself. */
const ignoreLoss = (): void => undefined;

/**
 * A connection of the pool whose loss is heard, else it would end the process: the pool listens to idle ones only. From
 * the first moment on: the server's last words may have come in one piece with the answer that the pool waited for.
 * Ends with `giveBack`.
 */
export function checkOut(pool: Pool): Promise<Transaction> {
  return new Promise((resolve, reject) => {
    pool.connect((error, client) => {
      if (error || !client) return reject(error ?? new Error('the pool gave no connection'));
      client.on('error', ignoreLoss);
      resolve(client);
    });
  });
}

/** @param broken nobody knows what it still has to say: it is closed. */
export function giveBack(client: Transaction, broken?: Error | boolean): void {
  client.off('error', ignoreLoss);
  client.release(broken);
}

/**
 * Runs `work` in one transaction and commits it. Any failure rolls back and is thrown; a failure of the commit
 * itself leaves it open whether it took place, which callers must treat as "not acknowledged".
 *
 * @param opening a statement without parameters that goes with the `begin`, in the same round trip.
 */
export async function withTransaction<T>(
  pool: Pool,
  work: (tx: Transaction) => Promise<T>,
  opening?: string,
): Promise<T> {
  const tx = await checkOut(pool);
  let broken: Error | undefined;
  try {
    await tx.query(opening === undefined ? 'begin' : `begin; ${opening}`);
    const result = await work(tx);
    await tx.query('commit');
    return result;
  } catch (error) {
    broken = await rollback(tx, error);
    throw error;
  } finally {
    giveBack(tx, broken);
  }
}

/** Returns an error when the connection cannot be used again. */
async function rollback(tx: Transaction, cause: unknown): Promise<Error | undefined> {
  // Without a SQLSTATE the server did not answer: the connection itself is in doubt, closing it rolls back.
  if (!isSqlState(cause)) return cause instanceof Error ? cause : new Error(String(cause));
  try {
    await tx.query('rollback');
    return undefined;
  } catch (error) {
    return error as Error;
  }
}
