import { spawn } from 'node:child_process';
import path from 'node:path';
import { LocalPostgresError } from './errors.js';
import type { ServiceUser } from './service-user.js';

export interface CommandOptions {
  readonly user: ServiceUser | undefined;
  readonly limitMs: number;
}

export interface CommandResult {
  /** null when a signal ended it. */
  readonly exitCode: number | null;
  /** Standard output and error mixed, last 64 KiB. */
  readonly output: string;
}

const OUTPUT_LIMIT_CHARS = 64 * 1024;
/** How long to wait for the rest of the output once the command itself has ended. */
const DRAIN_LIMIT_MS = 500;

/**
 * Runs one of PostgreSQL's programs as `user` with a time limit. A non-zero exit is a result, not an error.
 * Throws LocalPostgresError `cannot-run` if it cannot be executed here, `time-limit` if it was ended for its time.
 */
export async function runCommand(
  file: string,
  args: string[],
  options: CommandOptions,
): Promise<CommandResult> {
  const { user, limitMs } = options;
  const child = spawn(file, args, {
    // The service user may be unable to enter our own working directory; it can enter the program's.
    cwd: path.dirname(file),
    env: cleanEnvironment(),
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(user === undefined ? {} : { uid: user.uid, gid: user.gid }),
  });
  let output = '';
  const collect = (chunk: Buffer) => {
    output = (output + chunk.toString()).slice(-OUTPUT_LIMIT_CHARS);
  };
  child.stdout.on('data', collect);
  child.stderr.on('data', collect);
  let timer: NodeJS.Timeout | undefined;
  try {
    const exitCode = await new Promise<number | null>((resolve, reject) => {
      child.once('error', (error) => reject(cannotRun(file, user, error)));
      child.once('close', (code) => resolve(code));
      child.once('exit', (code) => setTimeout(() => resolve(code), DRAIN_LIMIT_MS).unref());
      timer = setTimeout(() => {
        child.kill('SIGKILL');
        reject(tookTooLong(file, limitMs, output));
      }, limitMs);
    });
    return { exitCode, output };
  } finally {
    clearTimeout(timer);
    child.stdout.destroy();
    child.stderr.destroy();
  }
}

/** Variables such as PGDATA, PGPORT or PGOPTIONS are meant for some other server; messages are read in English. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !name.startsWith('PG'));
  return { ...Object.fromEntries(kept), LC_ALL: 'C' };
}

function cannotRun(file: string, user: ServiceUser | undefined, error: Error): LocalPostgresError {
  const as = user === undefined ? '' : ` as ${user.name}`;
  const hint =
    (error as NodeJS.ErrnoException).code === 'ENOENT'
      ? ' The file needs glibc, which Alpine Linux lacks.'
      : '';
  const message = `Could not run ${file}${as}: ${error.message}.${hint}`;
  return new LocalPostgresError('cannot-run', message, { cause: error });
}

function tookTooLong(file: string, limitMs: number, output: string): LocalPostgresError {
  const message = `${path.basename(file)} did not finish within ${limitMs / 1000} s. ${output.trim()}`;
  return new LocalPostgresError('time-limit', message.trim());
}
