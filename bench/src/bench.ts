/** What a bench has measured of one thing over its runs. */
export interface Figure {
  readonly min: number;
  readonly median: number;
  readonly max: number;
  readonly unit: string;
}

/** A line of the table. */
export interface BenchRow {
  readonly what: string;
  readonly ours: Figure;
  /** What it is compared with, measured in turn with ours in the same run. */
  readonly peer?: Figure & { readonly name: string };
  /** By which factor ours does better than the peer (or reaches of it), as the goal has it. */
  readonly ratio?: number;
  /** In words, e.g. "20 times faster". */
  readonly mustReach?: string;
  /** Without a goal the row is there to be known. */
  readonly reached?: boolean;
}

export interface Bench {
  /** Names its file in results/; `--only name` picks it. */
  readonly name: string;
  run(): Promise<BenchRow[]>;
}

/** Of at least one value. */
export function figure(values: readonly number[], unit: string): Figure {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const median = sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
  return { min: sorted[0]!, median, max: sorted.at(-1)!, unit };
}

export function formatFigure({ min, median, max, unit }: Figure): string {
  return `${short(median)} ${unit} (${short(min)} to ${short(max)})`;
}

export function short(value: number): string {
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

export function verdict({ reached }: BenchRow): string {
  return reached === undefined ? '' : reached ? 'reached' : 'not reached';
}
