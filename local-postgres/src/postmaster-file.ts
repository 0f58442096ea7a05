import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { replaceOwnedFile } from './owned-file.js';
import type { Place } from './place.js';
import { isPostmasterOf, isRunning } from './processes.js';

export interface Postmaster {
  readonly pid: number;
  /** 0 while the server has not written it yet. */
  readonly port: number;
}

/** Above every system's highest process number (Linux: 4,194,304), so never a running process. */
const NEVER_A_PID = 2_147_483_646;

/**
 * The running postmaster of this data directory as its postmaster.pid tells, or undefined if none runs.
 *
 * Where the number in a left-over file has meanwhile gone to another process (usual in containers, which count from 1
 * again), PostgreSQL would refuse to start. The number is then replaced, and the file kept: its other lines let
 * PostgreSQL itself find out whether backends of the dead server are still at work.
 */
export async function findPostmaster(place: Place): Promise<Postmaster | undefined> {
  const file = path.join(place.dataDir, 'postmaster.pid');
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  const [firstLine = '', , , port = ''] = text.split('\n');
  // A single-user server (`postgres --single`) writes its number negated.
  const pid = Math.abs(Number.parseInt(firstLine, 10));
  if (!(pid > 0)) return undefined;
  if (isPostmasterOf(pid, place.dataDir)) return { pid, port: Number(port) || 0 };
  if (isTaken(pid)) await replaceOwnedFile(file, text.replace(/^.*/, String(NEVER_A_PID)), place.user);
  return undefined;
}

/** Unlike isRunning, a zombie counts here: PostgreSQL takes it for a running server. */
function isTaken(pid: number): boolean {
  if (isRunning(pid)) return true;
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
