import type { RequestHandler } from 'express';
import type { Pool } from '../db/database.js';

const readyTimeoutMs = 2_000;

/** The process answers: its event loop turns. Says nothing of Postgres, whose absence a restart would not cure. */
export const healthz: RequestHandler = (_request, response) => {
  response.type('text/plain').send('ok\n');
};

/** Whether this replica should get work: Postgres answers, its lease is alive, it is not shutting down. */
export function readyz(pool: Pool, state: { leaseHeld(): boolean; draining(): boolean }): RequestHandler {
  return async (_request, response) => {
    const checks = {
      accepting: !state.draining(),
      lease: state.leaseHeld(),
      postgres: await answersInTime(pool),
    };
    response.status(Object.values(checks).every(Boolean) ? 200 : 503).json(checks);
  };
}

async function answersInTime(pool: Pool): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(resolve, readyTimeoutMs, false);
  });
  const answered = pool.query('select 1').then(
    () => true,
    () => false,
  );
  return Promise.race([answered, late]).finally(() => clearTimeout(timer));
}
