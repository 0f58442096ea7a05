import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';

const durationSeconds = 60;

/**
 * How often one address may be refused in a minute. Whoever guesses is slowed down, before the database is asked; the
 * other requests of that address wait with it.
 */
export class RefusalLimit {
  private readonly limiter: RateLimiterMemory;

  constructor(perMinute: number) {
    this.limiter = new RateLimiterMemory({ points: perMinute, duration: durationSeconds });
  }

  /** @returns for how many seconds nothing of this address is answered; undefined when it may ask. */
  async waitSeconds(address: string): Promise<number | undefined> {
    const refused = await this.limiter.get(address);
    return refused && refused.remainingPoints <= 0 ? secondsOf(refused) : undefined;
  }

  /**
   * Counts a refusal.
   * @returns as `waitSeconds`, when it is one too many: of guesses that come at once, no more are told that they were wrong.
   */
  async count(address: string): Promise<number | undefined> {
    try {
      await this.limiter.consume(address);
      return undefined;
    } catch (over) {
      if (!(over instanceof RateLimiterRes)) throw over;
      return secondsOf(over);
    }
  }
}

const secondsOf = ({ msBeforeNext }: RateLimiterRes): number => Math.ceil(msBeforeNext / 1000);
