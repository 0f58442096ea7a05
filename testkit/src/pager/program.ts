import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { eventually } from '../eventually.js';

const stopDeadlineMs = 10_000;

/** The first of these names that is a program on this machine. */
export const installed = (...names: readonly string[]): string | undefined =>
  names.find((name) => spawnSync(name, ['--version']).status === 0);

/** A program that serves HTTP, which may be killed and started again. */
export class Program {
  private child: ChildProcess;

  constructor(
    private readonly name: string,
    readonly address: string,
    private readonly args: readonly string[],
    private readonly env: Readonly<Record<string, string>> = {},
    private readonly readyPath = '/-/ready',
  ) {
    this.child = this.run();
  }

  /** As a machine that is lost. */
  async kill(): Promise<void> {
    await ended(this.child, 'SIGKILL');
  }

  async startAgain(): Promise<void> {
    this.child = this.run();
    await this.ready();
  }

  stop(): Promise<void> {
    return ended(this.child, 'SIGTERM');
  }

  async ready(): Promise<void> {
    await eventually(
      `${this.name} is ready`,
      () =>
        fetch(`http://${this.address}${this.readyPath}`).then(
          ({ status }) => status,
          () => 0,
        ),
      (status) => status === 200,
      30_000,
    );
  }

  async reload(): Promise<void> {
    await fetch(`http://${this.address}/-/reload`, { method: 'POST' });
  }

  private run(): ChildProcess {
    return spawn(this.name, this.args, { stdio: 'ignore', env: { ...process.env, ...this.env } });
  }
}

async function ended(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill(signal);
  const force = setTimeout(() => child.kill('SIGKILL'), stopDeadlineMs);
  await exited;
  clearTimeout(force);
}
