/** Longest pause after failed flushes, so that a returning database is noticed within about a second. */
const maxRetryDelayMs = 1_000;

/**
 * Runs `flush` at most every `intervalMs`, only when asked to, one run at a time; after a failure again, with a
 * growing pause, until it succeeds. What is to be written lives with the owner, who bounds it.
 */
export class FlushLoop {
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<boolean> | undefined;
  /** Asked for while a run was under way, which may have taken its batch already. */
  private again = false;
  private failures = 0;
  private stopped = false;

  constructor(
    private readonly intervalMs: number,
    private readonly flush: () => Promise<void>,
    private readonly onError: (error: unknown) => void,
  ) {}

  /** Something is waiting: flush within `intervalMs`. */
  request(): void {
    if (this.running) this.again = true;
    if (this.timer || this.running || this.stopped) return;
    const delayMs = Math.max(
      this.intervalMs,
      Math.min(this.intervalMs * 2 ** this.failures, maxRetryDelayMs),
    );
    this.timer = setTimeout(() => void this.run(), delayMs);
  }

  /** Flushes now, after the run under way. Resolves to whether everything then waiting was written; never rejects. */
  async now(): Promise<boolean> {
    await this.running;
    return this.run();
  }

  /** One last try, then nothing more. */
  async stop(): Promise<void> {
    await this.now();
    this.stopped = true;
    clearTimeout(this.timer);
  }

  private run(): Promise<boolean> {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (!this.running) this.again = false;
    this.running ??= this.flush()
      .then(
        () => {
          this.failures = 0;
          return true;
        },
        (error: unknown) => {
          this.failures += 1;
          this.onError(error);
          return false;
        },
      )
      .then((succeeded) => {
        this.running = undefined;
        if (!succeeded || this.again) this.request();
        return succeeded;
      });
    return this.running;
  }
}
