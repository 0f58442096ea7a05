import { createServer } from 'node:net';
import { runCommand } from './command.js';
import { LocalPostgresError } from './errors.js';
import type { Place } from './place.js';
import { logSize, logTail } from './server-log.js';
import { writeSettings } from './settings.js';

/** Start and crash recovery together. A start alone takes 0.13 s; recovery reads at most some GB of WAL. */
const START_LIMIT_S = 120;

/**
 * `port-taken` and `still-busy` (processes of a killed server linger, or another starter was quicker) may pass with
 * another try; `reason` is then what the server said.
 */
export type LaunchOutcome = { kind: 'started' } | { kind: 'port-taken' | 'still-busy'; reason: string };

/**
 * One try to start the server by pg_ctl, which makes it a daemon of its own: it outlives this process, and Ctrl-C in
 * this terminal does not reach it. Throws LocalPostgresError `start-failed` with the end of the log, `disk-full`, ...
 */
export async function launch(
  place: Place,
  port: number,
  settings: Record<string, string>,
): Promise<LaunchOutcome> {
  const { dataDir, logFile, binaries, user } = place;
  await writeSettings(place, port, settings);
  const from = await logSize(logFile);
  const args = ['start', '-D', dataDir, '-l', logFile, '-w', '-t', String(START_LIMIT_S), '-s'];
  const limitMs = (START_LIMIT_S + 10) * 1000;
  const { exitCode, output } = await runCommand(binaries.pgCtl, args, { user, limitMs });
  if (exitCode === 0) return { kind: 'started' };
  return judge(await logTail(logFile, from), output.trim());
}

function judge(log: string, output: string): LaunchOutcome {
  if (log.includes('Address already in use')) return { kind: 'port-taken', reason: log };
  if (/pre-existing shared memory block|lock file "postmaster\.pid" already exists/.test(log)) {
    return { kind: 'still-busy', reason: log };
  }
  if (log.includes('No space left on device')) {
    throw new LocalPostgresError('disk-full', 'PostgreSQL does not start: the disk is full.');
  }
  const said = [output, log].filter((text) => text !== '').join('\n');
  throw new LocalPostgresError('start-failed', `PostgreSQL does not start. It said:\n${said}`);
}

/** A port that nobody listened on a moment ago; somebody may be quicker, so the start is tried again with another. */
export async function findFreePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
