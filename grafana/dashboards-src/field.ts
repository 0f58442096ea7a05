import type {
  DynamicConfigValue,
  MatcherConfig,
  Threshold,
  ValueMapping,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { uids } from './house.js';

/** A column of a table, or a figure. */
export interface Field {
  /** Its name, or a regular expression between slashes for more than one. */
  readonly name: string;
  readonly unit?: string;
  readonly decimals?: number;
  /** Pixels. */
  readonly width?: number;
  readonly align?: 'left' | 'center' | 'right';
  readonly mappings?: readonly ValueMapping[];
  readonly thresholds?: readonly Threshold[];
  /** Colours the cell by thresholds and mappings. */
  readonly coloured?: 'text' | 'background';
  readonly wrap?: true;
  /** Of the row's store; its id is in this column. */
  readonly storeIdIn?: string;
  readonly hidden?: true;
  /** Where it has no value. */
  readonly empty?: string;
}

export function overrideOf(field: Field): { matcher: MatcherConfig; properties: DynamicConfigValue[] } {
  const properties: [id: string, value: unknown][] = [
    ['unit', field.unit],
    ['decimals', field.decimals],
    ['noValue', field.empty],
    ['mappings', field.mappings],
    ['thresholds', field.thresholds && { mode: 'absolute', steps: field.thresholds }],
    ['custom.width', field.width],
    ['custom.align', field.align],
    ['custom.hidden', field.hidden],
    ['custom.cellOptions', cellOptions(field)],
    ['links', field.storeIdIn && [storeLink(field.storeIdIn)]],
  ];
  return {
    matcher: { id: field.name.startsWith('/') ? 'byRegexp' : 'byName', options: field.name },
    properties: properties.filter(([, value]) => value !== undefined).map(([id, value]) => ({ id, value })),
  };
}

function cellOptions({ coloured, wrap }: Field): object | undefined {
  if (coloured === 'background') return { type: 'color-background', mode: 'basic' };
  if (coloured === 'text') return { type: 'color-text' };
  return wrap && { type: 'auto', wrapText: true };
}

/** Keeps the time, and gives the store. */
function storeLink(idIn: string): object {
  return {
    title: 'Open this store',
    url: `/d/${uids.store}/store?var-store=\${__data.fields["${idIn}"]:percentencode}&\${__url_time_range}`,
  };
}
