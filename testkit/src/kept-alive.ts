import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const restartDelayMs = 100;
const stopDeadlineMs = 15_000;

export interface KeptAliveOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Of Node itself, e.g. `--inspect`. */
  readonly nodeOptions?: readonly string[];
  /** Put before the command, e.g. `['ip', 'netns', 'exec', 'name']`. */
  readonly wrapper?: readonly string[];
  readonly onMessage?: (message: unknown) => void;
  readonly onExit?: () => void;
}

/** A program of ours as a process, started again whenever it ends, as an init system would. */
export class KeptAlive {
  private child!: ChildProcess;
  private wanted = true;
  private restart: NodeJS.Timeout | undefined;

  constructor(
    private readonly program: URL,
    private readonly args: readonly string[],
    private readonly options: KeptAliveOptions = {},
  ) {
    this.start();
  }

  /** SIGKILL; it comes back by itself. Returns whether there was a process to kill. */
  kill(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null && this.child.kill('SIGKILL');
  }

  /** SIGKILL, and it stays down until `up`. */
  down(): void {
    this.wanted = false;
    clearTimeout(this.restart);
    this.kill();
  }

  up(): void {
    this.wanted = true;
    this.start();
  }

  /** Of the process that runs now, or of the last one. */
  get pid(): number | undefined {
    return this.child.pid;
  }

  send(message: object): void {
    this.child.send(message);
  }

  async stop(): Promise<void> {
    this.wanted = false;
    clearTimeout(this.restart);
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const exited = once(this.child, 'exit');
    this.child.kill('SIGTERM');
    const force = setTimeout(() => this.kill(), stopDeadlineMs);
    await exited;
    clearTimeout(force);
  }

  private start(): void {
    const command = [
      ...(this.options.wrapper ?? []),
      process.execPath,
      ...(this.options.nodeOptions ?? []),
      fileURLToPath(this.program),
      ...this.args,
    ];
    const child = spawn(command[0]!, command.slice(1), {
      env: { ...process.env, NODE_OPTIONS: '', ...this.options.env },
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    this.child = child;
    child.on('message', (message) => this.options.onMessage?.(message));
    child.on('error', () => undefined); // a message to a child that has just ended
    child.on('exit', () => {
      this.options.onExit?.();
      if (this.wanted) this.restart = setTimeout(() => this.start(), restartDelayMs);
    });
  }
}
