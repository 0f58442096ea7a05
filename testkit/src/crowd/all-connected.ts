import { setTimeout as sleep } from 'node:timers/promises';
import type { Pool } from 'pg';
import { eventually } from '../eventually.js';

const connectDeadlineMs = 300_000;
const pollMs = 250;

/** Resolves once just `count` stores are green in the view. */
export async function allConnected(pool: Pool, count: number): Promise<void> {
  await eventually(
    `${count} stores connect`,
    async () => {
      await sleep(pollMs);
      return connectedStores(pool);
    },
    (n) => n === count,
    connectDeadlineMs,
  );
}

/** How many stores the view shows green at this moment. */
export async function connectedStores(pool: Pool): Promise<number> {
  const { rows } = await pool.query<{ n: number }>(
    `select count(*)::int as n from hq_view.store_status where status = 'connected'`,
  );
  return rows[0]!.n;
}
