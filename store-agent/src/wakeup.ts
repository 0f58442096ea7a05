/** A wait that can be ended early: the pause of a loop that has nothing to do. */
export class Wakeup {
  private woken = false;
  private end: (() => void) | null = null;

  /** Ends the wait under way, or else the next one. */
  wake(): void {
    this.woken = true;
    this.end?.();
  }

  /** Resolves after `ms` or at the next `wake`; `Infinity` waits for `wake` alone. Never rejects. */
  async wait(ms: number): Promise<void> {
    if (!this.woken && ms > 0) {
      await new Promise<void>((resolve) => {
        // beyond 2^31 ms Node would fire at once
        const timer = Number.isFinite(ms) ? setTimeout(resolve, Math.min(ms, 2 ** 31 - 1)) : undefined;
        this.end = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    this.end = null;
    this.woken = false;
  }
}
