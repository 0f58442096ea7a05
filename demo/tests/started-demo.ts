import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..', '..');
export const startScript = path.join(root, 'scripts', 'start.mjs');

export interface StartOptions {
  readonly dataDir: string;
  readonly port: number;
  readonly args?: readonly string[];
  /** Beside the environment of the tests without its settings. */
  readonly env?: NodeJS.ProcessEnv;
  /** By `npm start`, in a process group of its own, as a terminal makes one. */
  readonly throughNpm?: boolean;
  /** Given to Node itself. */
  readonly nodeArgs?: readonly string[];
  /** Run as this user. */
  readonly uid?: number;
}

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** `scripts/start.mjs`, as `npm start` runs it, in a process of its own. */
export class StartedDemo {
  readonly ended: Promise<Ended>;
  readonly url: string;
  private stdout = '';
  private stderr = '';
  private readonly child: ChildProcess;
  private readonly listeners = new Set<() => void>();

  constructor(options: StartOptions) {
    const { dataDir, port, args = [], env = {}, nodeArgs = [], uid, throughNpm = false } = options;
    this.url = `http://127.0.0.1:${port}`;
    const started = throughNpm ? ['npm', 'start', '--'] : [process.execPath, ...nodeArgs, startScript];
    const [program = '', ...before] = started;
    this.child = spawn(program, [...before, '--port', String(port), ...args], {
      cwd: root,
      env: { ...withoutSettings(process.env), ...env, HQ_DATA_DIR: dataDir },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: throughNpm,
      ...(uid === undefined ? {} : { uid, gid: uid }),
    });
    this.child.stdout?.on('data', (chunk) => {
      this.stdout += chunk;
      for (const listener of [...this.listeners]) listener();
    });
    this.child.stderr?.on('data', (chunk) => (this.stderr += chunk));
    this.ended = new Promise((resolve, reject) => {
      this.child.once('error', reject);
      this.child.once('close', (code) => resolve({ code, stdout: this.stdout, stderr: this.stderr }));
    });
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  /** Resolves with all that was said as soon as it holds; rejects when the start ends first. */
  async said(holds: (stdout: string) => boolean): Promise<string> {
    const heard = new Promise<string>((resolve) => {
      const listen = (): void => {
        if (!holds(this.stdout)) return;
        this.listeners.delete(listen);
        resolve(this.stdout);
      };
      this.listeners.add(listen);
      listen();
    });
    const ended = this.ended.then((end) => {
      throw new Error(`it ended with ${end.code}: ${end.stdout}${end.stderr}`);
    });
    return Promise.race([heard, ended]);
  }

  /**
   * The value of a store metric, added up over its series with such labels; NaN while HQ does not answer.
   * @throws Error with what was said, when the start has ended.
   */
  async metric(name: string, labels = /./): Promise<number> {
    if ((this.child.exitCode ?? this.child.signalCode) !== null) await this.said(() => false);
    const text = await fetch(`${this.url}/metrics/stores`).then(
      (answer) => (answer.ok ? answer.text() : ''),
      () => '',
    );
    if (text === '') return NaN;
    const lines = text.split('\n').filter((line) => line.startsWith(`${name}{`) && labels.test(line));
    return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
  }

  /** What the terminal does at Ctrl-C. */
  async endGroup(): Promise<Ended> {
    process.kill(-this.pid, 'SIGINT');
    return this.ended;
  }

  async end(signal: NodeJS.Signals = 'SIGINT'): Promise<Ended> {
    this.child.kill(signal);
    return this.ended;
  }
}

/**
 * Numbers of all processes that were started for a data directory, by the environment that they inherit: also those
 * whose parent is gone. Empty where there is no /proc.
 */
export function processesOf(dataDir: string): number[] {
  if (process.platform !== 'linux') return [];
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.filter((pid) => environmentOf(pid).includes(`HQ_DATA_DIR=${dataDir}`)).map(Number);
}

/** A zombie has none; another user's cannot be read. */
function environmentOf(pid: string): string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
  } catch {
    return [];
  }
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Settings of whoever runs the tests are not meant for this HQ; NODE_OPTIONS is for jest. */
function withoutSettings(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const kept = Object.entries(env).filter(
    ([name]) => !/^(HQ_|PG|npm_|DATABASE_URL$|NODE_OPTIONS$)/.test(name),
  );
  return Object.fromEntries(kept);
}
