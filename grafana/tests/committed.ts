import { readFileSync, readdirSync } from 'node:fs';

const folder = new URL('../dashboards/', import.meta.url);

export interface Target {
  readonly refId: string;
  readonly rawSql?: string;
  readonly expr?: string;
  readonly datasource: { readonly type: string; readonly uid: string };
}

interface Override {
  readonly matcher: { readonly id: string; readonly options: string };
  readonly properties: readonly { readonly id: string; readonly value: unknown }[];
}

export interface CommittedPanel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly description?: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly datasource?: { readonly uid: string };
  readonly targets?: readonly Target[];
  readonly transformations?: readonly { readonly options: { readonly mappings: { fieldName: string }[] } }[];
  readonly fieldConfig?: {
    readonly defaults: { readonly unit?: string };
    readonly overrides: readonly Override[];
  };
  readonly panels?: readonly CommittedPanel[];
}

export interface Variable {
  readonly name: string;
  readonly type: string;
  readonly query?: string | { readonly query: string };
  readonly allValue?: string;
  readonly datasource?: { readonly uid: string };
}

export interface CommittedDashboard {
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  readonly panels: readonly CommittedPanel[];
  readonly templating: { readonly list: readonly Variable[] };
  readonly annotations: { readonly list?: readonly { name: string; expr?: string; rawQuery?: string }[] };
}

export const files = readdirSync(folder).sort();

export const text = (file: string): string => readFileSync(new URL(file, folder), 'utf8');

/** The dashboards as Grafana gets them. */
export const committed = files.map((file) => JSON.parse(text(file)) as CommittedDashboard);

/** Folded panels too, but not the rows that hold them. */
export const panelsOf = ({ panels }: { readonly panels: readonly CommittedPanel[] }): CommittedPanel[] =>
  panels.flatMap((panel) => (panel.type === 'row' ? panelsOf({ panels: panel.panels ?? [] }) : [panel]));
