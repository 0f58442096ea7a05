export interface Measured {
  readonly what: string;
  readonly boundMs: number;
  /** One figure a store, milliseconds; Infinity: never. */
  readonly tookMs: readonly number[];
}

export const measuredHeader =
  '| what | stores | p50 ms | p99 ms | max ms | bound ms |\n| - | - | - | - | - | - |';

export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((left, right) => left - right);
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)] ?? Infinity;
}

export function kept({ tookMs, boundMs }: Measured): boolean {
  return percentile(tookMs, 0.99) <= boundMs;
}

/** A row of a Markdown table, as docs/results has them. */
export function rowOf(one: Measured): string {
  const figures = [0.5, 0.99, 1].map((share) => Math.round(percentile(one.tookMs, share)));
  const bound = one.boundMs === Infinity ? '' : `${one.boundMs}${kept(one) ? '' : ' NOT KEPT'}`;
  return `| ${[one.what, one.tookMs.length, ...figures, bound].join(' | ')} |`;
}
