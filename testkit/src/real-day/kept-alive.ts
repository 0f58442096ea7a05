import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';

const restartDelayMs = 100;

export interface KeptAliveOptions {
  readonly env?: Record<string, string>;
  readonly onMessage?: (message: unknown, child: ChildProcess) => void;
  readonly onExit?: () => void;
}

/** A program of ours as a process, started again whenever it ends, as an init system would. */
export class KeptAlive {
  private child: ChildProcess | undefined;
  private stopping = false;
  private restart: NodeJS.Timeout | undefined;

  constructor(
    private readonly program: URL,
    private readonly args: readonly string[],
    private readonly options: KeptAliveOptions,
  ) {
    this.start();
  }

  get pid(): number | undefined {
    return this.child?.pid;
  }

  /** SIGKILL. Does nothing while the process is down anyway. */
  kill(): boolean {
    return this.child?.kill('SIGKILL') ?? false;
  }

  async stop(): Promise<void> {
    this.stopping = true;
    clearTimeout(this.restart);
    if (!this.child || this.child.exitCode !== null || this.child.signalCode !== null) return;
    const exited = once(this.child, 'exit');
    this.child.kill('SIGTERM');
    const force = setTimeout(() => this.kill(), 15_000);
    await exited;
    clearTimeout(force);
  }

  private start(): void {
    const child = fork(this.program, this.args, {
      env: { ...process.env, NODE_OPTIONS: '', ...this.options.env },
      execArgv: [],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    this.child = child;
    child.on('message', (message) => this.options.onMessage?.(message, child));
    child.on('exit', () => {
      this.options.onExit?.();
      if (!this.stopping) this.restart = setTimeout(() => this.start(), restartDelayMs);
    });
  }
}
