import { runCommand } from './command.js';
import type { Place } from './place.js';
import { findPostmaster } from './postmaster-file.js';
import { isPostmasterOf, killWithChildren, waitUntilGone } from './processes.js';

/** A fast shutdown writes a checkpoint: seconds on a slow disk. */
const FAST_LIMIT_S = 30;
const IMMEDIATE_LIMIT_S = 10;

/**
 * Ends the server `pid`: open transactions are rolled back and everything is written down (fast); after 30 s without
 * that (immediate: the next start recovers); after 10 s more by SIGKILL. Nothing to do if it has ended already.
 */
export async function shutDown(place: Place, pid: number): Promise<void> {
  if (!isPostmasterOf(pid, place.dataDir)) return;
  // pg_ctl goes by postmaster.pid, which by now may name a later server that is not ours to end.
  if ((await findPostmaster(place))?.pid !== pid) return waitUntilGone([pid]);
  const ended =
    (await pgCtlStop(place, 'fast', FAST_LIMIT_S)) ||
    (await pgCtlStop(place, 'immediate', IMMEDIATE_LIMIT_S));
  if (ended) await waitUntilGone([pid]);
  else if (isPostmasterOf(pid, place.dataDir)) await killWithChildren(pid);
}

async function pgCtlStop(place: Place, mode: 'fast' | 'immediate', limitS: number): Promise<boolean> {
  const args = ['stop', '-D', place.dataDir, '-m', mode, '-w', '-t', String(limitS), '-s'];
  const options = { user: place.user, limitMs: (limitS + 5) * 1000 };
  return (await runCommand(place.binaries.pgCtl, args, options)).exitCode === 0;
}
