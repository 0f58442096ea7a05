export type Purpose = 'socket' | 'push';

/** Something came out of the line at HQ. */
export interface ArrivalAtHq {
  readonly purpose: Purpose;
  readonly bytes: number;
  readonly atMs: number;
}

const lastMinuteMs = 60_000;

/** What came out of the line at HQ, and the longest time in which nothing did. */
export class Arrivals {
  readonly bytes: Record<Purpose, number> = { socket: 0, push: 0 };
  longestGapMs = 0;
  longestSocketGapMs = 0;
  private lastAtMs: number | undefined;
  private lastSocketAtMs: number | undefined;
  private pushes: { readonly atMs: number; readonly bytes: number }[] = [];

  add({ purpose, bytes, atMs }: ArrivalAtHq): void {
    this.bytes[purpose] += bytes;
    this.longestGapMs = Math.max(this.longestGapMs, atMs - (this.lastAtMs ?? atMs));
    this.lastAtMs = atMs;
    if (purpose === 'push') {
      this.pushes = this.pushes.filter((push) => atMs - push.atMs < lastMinuteMs);
      this.pushes.push({ atMs, bytes });
    } else {
      this.longestSocketGapMs = Math.max(this.longestSocketGapMs, atMs - (this.lastSocketAtMs ?? atMs));
      this.lastSocketAtMs = atMs;
    }
  }

  /** Of the last minute. */
  pushedBytes(): number {
    const fromMs = performance.now() - lastMinuteMs;
    return this.pushes.filter(({ atMs }) => atMs >= fromMs).reduce((sum, { bytes }) => sum + bytes, 0);
  }
}
