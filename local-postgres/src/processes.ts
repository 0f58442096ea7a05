import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { LocalPostgresError } from './errors.js';

/** SIGKILL is not instant for a process in the middle of a disk write. */
const GONE_LIMIT_MS = 15_000;
const POLL_MS = 20;

/**
 * Kills a postmaster and all its children with SIGKILL and resolves when all are gone.
 * The postmaster is stopped first, so that no child is born between listing and killing.
 */
export async function killWithChildren(postmaster: number): Promise<void> {
  if (process.platform === 'win32') {
    execFileSync('taskkill', ['/T', '/F', '/PID', String(postmaster)], { timeout: GONE_LIMIT_MS });
    return waitUntilGone([postmaster]);
  }
  signal(postmaster, 'SIGSTOP');
  const all = [postmaster, ...childrenOf(postmaster)];
  for (const pid of all) signal(pid, 'SIGKILL');
  await waitUntilGone(all);
}

/** Throws LocalPostgresError `time-limit` after 15 s. */
export async function waitUntilGone(pids: number[]): Promise<void> {
  const deadline = Date.now() + GONE_LIMIT_MS;
  while (pids.some(isRunning)) {
    if (Date.now() > deadline) {
      const message = `PostgreSQL's processes (${pids.filter(isRunning).join(', ')}) did not end within ${GONE_LIMIT_MS / 1000} s.`;
      throw new LocalPostgresError('time-limit', message);
    }
    await sleep(POLL_MS);
  }
}

/** A zombie does not count: in a container nobody may ever collect it. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  return process.platform !== 'linux' || (statOf(pid)?.state ?? 'Z') !== 'Z';
}

/**
 * Whether `pid` is the postmaster of `dataDir` and not some process that got the number later. Read from the command
 * line, which everybody may read; /proc/<pid>/cwd would need CAP_SYS_PTRACE in a container.
 */
export function isPostmasterOf(pid: number, dataDir: string): boolean {
  if (!isRunning(pid)) return false;
  if (process.platform === 'win32') return true;
  if (process.platform !== 'linux') return processList('command=', pid).includes('postgres');
  const [program = '', ...args] = readProc(pid, 'cmdline').split('\0');
  const directory = args[args.indexOf('-D') + 1] ?? '';
  return path.basename(program) === 'postgres' && samePath(directory, dataDir);
}

export function childrenOf(parent: number): number[] {
  if (process.platform === 'linux') {
    const pids = readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(Number);
    return pids.filter((pid) => statOf(pid)?.parent === parent);
  }
  const pairs = processList('pid=,ppid=')
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number));
  return pairs.filter(([, ppid]) => ppid === parent).map(([pid]) => pid!);
}

function processList(columns: string, pid?: number): string {
  const which = pid === undefined ? ['-ax'] : ['-p', String(pid)];
  try {
    return execFileSync('ps', [...which, '-o', columns], { encoding: 'utf8', timeout: GONE_LIMIT_MS });
  } catch {
    return '';
  }
}

/** The command's name, in parentheses, may hold spaces and parentheses itself: read from behind the last one. */
function statOf(pid: number): { state: string; parent: number } | undefined {
  const text = readProc(pid, 'stat');
  const [state, parent] = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return state ? { state, parent: Number(parent) } : undefined;
}

function readProc(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}

function samePath(one: string, other: string): boolean {
  try {
    return realpathSync(one) === realpathSync(other);
  } catch {
    return false;
  }
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
