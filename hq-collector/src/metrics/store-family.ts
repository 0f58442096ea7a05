import { formatValue, label, type MetricType } from './exposition-format.js';
import type { StoreSample } from './store-sample.js';

/** A metric family with series per store. */
export interface StoreFamily {
  readonly name: string;
  readonly type: MetricType;
  readonly help: string;
  /** Label names; the first is store_id. */
  readonly labels: readonly string[];
  /** The fields its lines are made from: while none of them changes, neither do the lines. */
  readonly reads: readonly (keyof StoreSample)[];
  series(sample: StoreSample, add: AddSeries): void;
  /** A store's lines, each ended by a newline; '' where it has no series. `storeLabel` is `store_id="…"`, escaped. */
  lines(sample: StoreSample, storeLabel: string): string;
}

/** Adds one series: its value, then the values of the labels after store_id, in the order of `labels`. */
export type AddSeries = (value: number, ...labelValues: string[]) => void;

/**
 * Declares a family. `series` is given only the fields that `reads` names: the compiler thereby holds that a family
 * is rendered again whenever something that it shows has changed.
 */
export function storeFamily<Field extends keyof StoreSample>(family: {
  name: `hq_store_${string}`;
  type: MetricType;
  help: string;
  labels: readonly ['store_id', ...string[]];
  reads: readonly Field[];
  series: (sample: Pick<StoreSample, Field>, add: AddSeries) => void;
}): StoreFamily {
  const { name, type, help, labels, reads, series } = family;
  return {
    name,
    type,
    help,
    labels,
    reads,
    series,
    lines(sample, storeLabel) {
      const head = `${name}{${storeLabel}`;
      let text = '';
      series(sample, (value, ...labelValues) => {
        text += head;
        for (let i = 0; i < labelValues.length; i++) text += ',' + label(labels[i + 1]!, labelValues[i]!);
        text += `} ${formatValue(value)}\n`;
      });
      return text;
    },
  };
}
