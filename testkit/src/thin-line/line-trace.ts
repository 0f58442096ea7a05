const keptMs = 25_000;

interface Entry {
  readonly atMs: number;
  readonly what: string;
  times: number;
}

/** What went through one store's line of late, so that a red store can say why. */
export class LineTrace {
  private entries: Entry[] = [];

  /** The same thing again and again is one line. */
  note(what: string): void {
    const atMs = performance.now();
    const last = this.entries.at(-1);
    if (last?.what === what) last.times += 1;
    else this.entries.push({ atMs, what, times: 1 });
    if (this.entries[0]!.atMs < atMs - keptMs)
      this.entries = this.entries.filter((entry) => entry.atMs >= atMs - keptMs);
  }

  /** Oldest first, each with its seconds before `atMs`. */
  before(atMs: number): string[] {
    return this.entries.map(
      ({ atMs: at, what, times }) =>
        `${((at - atMs) / 1_000).toFixed(1)} s ${what}${times > 1 ? `, ${times} times` : ''}`,
    );
  }
}
