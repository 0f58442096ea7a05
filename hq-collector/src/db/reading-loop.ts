/**
 * Runs `read` when hinted and every `intervalMs` without a hint, one run at a time. A hint during a run causes one
 * more. A failed run is reported; the next one reads it all again.
 */
export class ReadingLoop {
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;
  private next: Promise<void> | undefined;
  private stopped = false;

  constructor(
    private readonly intervalMs: number,
    private readonly readAll: () => Promise<void>,
    private readonly onError: (error: unknown) => void,
  ) {}

  start(): void {
    this.timer = setInterval(() => void this.read(), this.intervalMs);
  }

  async stop(): Promise<void> {
    this.stopped = true;
    clearInterval(this.timer);
    await (this.next ?? this.running);
  }

  /** Resolves after a run that began after this call, however many more are asked for. Never rejects. */
  read(): Promise<void> {
    if (this.running) {
      this.next ??= this.running.then(() => {
        this.next = undefined;
        return this.run();
      });
      return this.next;
    }
    return this.run();
  }

  private run(): Promise<void> {
    if (this.stopped) return Promise.resolve();
    const running = this.readAll()
      .catch(this.onError)
      .then(() => {
        if (this.running === running) this.running = undefined;
      });
    this.running = running;
    return running;
  }
}
