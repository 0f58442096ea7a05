/**
 * Runs `read` when hinted and every `intervalMs` without a hint, one run at a time. A hint during a run causes one
 * more. A failed run is reported; the next one reads it all again.
 */
export class ReadingLoop {
  private timer: NodeJS.Timeout | undefined;
  private reading: Promise<void> | undefined;
  private hinted = false;
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
    await this.reading;
  }

  /** Reads now, or once more after the run under way. Never rejects. */
  read(): Promise<void> {
    if (this.stopped) return Promise.resolve();
    if (this.reading) {
      this.hinted = true;
      return this.reading;
    }
    this.reading = this.readAll()
      .catch(this.onError)
      .then(() => {
        this.reading = undefined;
        if (!this.hinted || this.stopped) return;
        this.hinted = false;
        return this.read();
      });
    return this.reading;
  }
}
