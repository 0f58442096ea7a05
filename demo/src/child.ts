import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync } from 'node:fs';
import { DemoError } from './demo-error.js';
import { LogFile } from './log-file.js';

const firstBackoffMs = 1_000;
const maxBackoffMs = 15_000;
/** A child that ran this long starts again after the shortest wait. */
const steadyMs = 60_000;
/** A kill is done when the kernel gets to it; a process that hangs in a disk write takes longer. */
const killWaitMs = 5_000;

export interface ChildOptions {
  /** For sentences: "Collector". */
  readonly name: string;
  readonly script: string;
  readonly args: () => string[];
  readonly env: () => NodeJS.ProcessEnv;
  readonly logFile: string;
  readonly startWaitMs: number;
  /** From SIGTERM to SIGKILL. */
  readonly stopWaitMs: number;
  readonly onMessage?: (message: { type: string }) => void;
}

/**
 * A Node program that is started again when it dies. It has a process group of its own, so that the terminal's Ctrl-C
 * does not reach it, and an IPC channel, by which it notices when this process dies.
 */
export class Child {
  /** What is wrong with it, for a person; undefined while it runs. */
  trouble: string | undefined;
  private readonly log: LogFile;
  private process: ChildProcess | undefined;
  private exited: Promise<void> = Promise.resolve();
  private restartTimer: NodeJS.Timeout | undefined;
  private backoffMs = firstBackoffMs;
  private stopping = false;
  /** Ended for a while, on purpose. */
  private paused = false;

  constructor(private readonly options: ChildOptions) {
    this.log = new LogFile(options.logFile);
  }

  /**
   * Resolves when the child has said that it has started.
   * @throws DemoError with the child's own last words when it ends before, or says nothing in time.
   */
  async start(): Promise<void> {
    const { name, startWaitMs, logFile } = this.options;
    const logOffset = this.log.sizeBytes();
    const outcome = await new Promise<'started' | 'ended' | 'late'>((resolve) => {
      const timer = setTimeout(resolve, startWaitMs, 'late');
      this.launch(
        () => (clearTimeout(timer), resolve('started')),
        () => (clearTimeout(timer), resolve('ended')),
      );
    });
    if (outcome === 'started' || this.stopping) return;
    clearTimeout(this.restartTimer);
    this.trouble = undefined; // it is not started again
    const words = this.log.lastWords(logOffset);
    if (outcome === 'late')
      throw new DemoError(`${name}: not ready after ${startWaitMs / 1_000} s. Its log is ${logFile}.`);
    throw new DemoError(`${name}: ${words === '' ? 'it ended at once.' : words} Its log is ${logFile}.`);
  }

  /** Ends it: SIGTERM, and SIGKILL when that has not helped in time. Resolves when it is gone. */
  async stop(): Promise<void> {
    this.stopping = true;
    await this.end();
    this.log.close();
  }

  /**
   * Ends it, does the work, and starts it again, whatever has become of the work. Resolves when it has started.
   * @throws what the work throws.
   */
  async during(why: string, work: () => Promise<void>): Promise<void> {
    const { name, startWaitMs } = this.options;
    this.paused = true;
    this.trouble = `${name} is down: ${why}.`;
    await this.end();
    try {
      await work();
    } finally {
      this.paused = false;
      if (!this.stopping) {
        const started = new Promise<void>((resolve) => this.launch(resolve, () => undefined));
        await bounded(started, startWaitMs);
      }
    }
  }

  /** To a child that has just ended, nothing. */
  send(message: object): void {
    if (this.process?.connected) this.process.send(message, () => undefined);
  }

  /** For somebody who does not want to wait for `stop`. */
  kill(): void {
    this.stopping = true;
    killGroup(this.process);
  }

  private async end(): Promise<void> {
    clearTimeout(this.restartTimer);
    const { process: child } = this;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGTERM');
    const timer = setTimeout(() => killGroup(child), this.options.stopWaitMs);
    await bounded(this.exited, this.options.stopWaitMs + killWaitMs);
    clearTimeout(timer);
  }

  private launch(onStarted: () => void, onEnded: () => void): void {
    const { script, args, env, onMessage } = this.options;
    const descriptor = this.log.open();
    const child = spawn(process.execPath, [script, ...args()], {
      detached: true,
      stdio: ['ignore', descriptor, descriptor, 'ipc'],
      env: env(),
    });
    closeSync(descriptor);
    this.process = child;
    const startedMs = performance.now();
    child.on('message', (message: { type: string }) => {
      if (message.type === 'started') {
        this.trouble = undefined;
        onStarted();
      }
      onMessage?.(message);
    });
    this.exited = new Promise((resolve) => {
      const ended = (how: string): void => {
        resolve();
        if (!this.stopping && !this.paused) this.restartLater(how, performance.now() - startedMs);
        onEnded();
      };
      child.once('error', (error) => ended(error.message));
      child.once('exit', (code, signal) => ended(signal ?? `exit code ${code}`));
    });
  }

  private restartLater(how: string, lastedMs: number): void {
    if (lastedMs >= steadyMs) this.backoffMs = firstBackoffMs;
    this.trouble = `${this.options.name} ended (${how}); it is started again. Its log is ${this.options.logFile}.`;
    const nothing = (): void => undefined;
    this.restartTimer = setTimeout(() => this.launch(nothing, nothing), this.backoffMs);
    this.backoffMs = Math.min(this.backoffMs * 2, maxBackoffMs);
  }
}

/** With what it has started, which it cannot end any more. */
function killGroup(child: ChildProcess | undefined): void {
  if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    child.kill('SIGKILL'); // it has ended, or this system has no groups
  }
}

async function bounded(work: Promise<void>, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, ms)));
  await Promise.race([work, late]);
  clearTimeout(timer);
}
