/** A bounded number of places for work under way; who comes when all are taken waits, first come first served. */
export class Places {
  private taken = 0;
  private readonly queue: (() => void)[] = [];

  constructor(private readonly most: number) {}

  get inUse(): number {
    return this.taken;
  }

  get waiting(): number {
    return this.queue.length;
  }

  /** @returns whether a place is taken; false after `waitMs` without one. */
  async take(waitMs = Infinity): Promise<boolean> {
    if (this.taken < this.most) {
      this.taken += 1;
      return true;
    }
    return new Promise((resolve) => {
      const turn = () => {
        clearTimeout(timer);
        resolve(true);
      };
      const timer =
        waitMs === Infinity
          ? undefined
          : setTimeout(() => {
              this.queue.splice(this.queue.indexOf(turn), 1);
              resolve(false);
            }, waitMs);
      this.queue.push(turn);
    });
  }

  /** Gives a taken place to whoever waits longest. */
  give(): void {
    const next = this.queue.shift();
    if (next) next();
    else this.taken -= 1;
  }
}
