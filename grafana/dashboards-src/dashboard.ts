import {
  DashboardBuilder,
  DashboardCursorSync,
  DashboardLinkBuilder,
  DashboardLinkType,
  RowBuilder,
  type AnnotationQuery,
  type Dashboard,
  type Panel,
  type RowPanel,
  type VariableModel,
} from '@grafana/grafana-foundation-sdk/dashboard';
import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import { tag, type uids } from './house.js';
import type { Placed } from './panels.js';

/** Of Grafana's grid. */
const columns = 24;

/** Panels side by side, all as high: 30 pixels and 8 between them are 1. */
interface Line {
  readonly height: number;
  readonly panels: readonly Placed[];
  /** Right of its panels, below each other. */
  readonly beside?: readonly Line[];
}

/** Lines that are opened by a click. */
interface Folded {
  readonly folded: string;
  readonly lines: readonly Line[];
}

export interface DashboardPlan {
  readonly uid: (typeof uids)[keyof typeof uids];
  readonly title: string;
  readonly description: string;
  readonly refresh: string;
  /** How far back it looks, as `6h`. */
  readonly since: string;
  readonly variables: readonly Builder<VariableModel>[];
  readonly annotations?: readonly Builder<AnnotationQuery>[];
  readonly rows: readonly (Line | Folded)[];
}

/** Of Grafana 10.4, the oldest that is supported: newer ones migrate from it, and older ones can read it. */
const schemaVersion = 39;

/** A dashboard as Grafana reads it, with the link bar; panels are placed and numbered in their order. */
export function dashboard(plan: DashboardPlan): object {
  const panels: (Panel | RowPanel)[] = [];
  let nextId = 1;
  let y = 0;
  const place = ({ height, panels: placed, beside = [] }: Line, left = 0): Panel[] => {
    let x = left;
    const line: Panel[] = placed.map(({ width, panel }) => {
      const built = { id: nextId++, ...panel.build(), gridPos: { h: height, w: width, x, y } };
      x += width;
      return built;
    });
    if (x > columns) throw new Error(`${plan.title}: ${x} columns beside each other, there are ${columns}.`);
    const top = y;
    line.push(...beside.flatMap((lower) => place(lower, x)));
    y = Math.max(y, top + height);
    return line;
  };
  for (const row of plan.rows) {
    if ('folded' in row) {
      const built = new RowBuilder(row.folded)
        .id(nextId++)
        .gridPos({ h: 1, w: 24, x: 0, y })
        .collapsed(true)
        .build();
      y += 1;
      panels.push({ ...built, panels: row.lines.flatMap((line) => place(line)) });
    } else panels.push(...place(row));
  }
  const built: Dashboard = new DashboardBuilder(plan.title)
    .uid(plan.uid)
    .description(plan.description)
    .tags([tag])
    .readonly()
    .tooltip(DashboardCursorSync.Crosshair)
    .refresh(plan.refresh)
    .time({ from: `now-${plan.since}`, to: 'now' })
    .variables([...plan.variables])
    .annotations([...(plan.annotations ?? [])])
    .link(linkBar)
    .build();
  return withoutNoise({ ...built, schemaVersion, panels }) as object;
}

/** The other dashboards, at the time and with the store of this one. */
const linkBar = new DashboardLinkBuilder('HQ Manager')
  .type(DashboardLinkType.Dashboards)
  .tags([tag])
  .keepTime(true)
  .includeVars(true);

/** What the SDK adds unasked: Grafana's own defaults, and some that only its newest knows. */
const noise: Record<string, readonly unknown[]> = {
  transparent: [false],
  repeatDirection: ['h'],
  placement: ['inControlsMenu'],
  auto: [false],
  auto_min: ['10s'],
  auto_count: [30],
  skipUrlSync: [false],
  allowCustomValue: [true],
  builtIn: [0],
  fiscalYearStartMonth: [0],
  inspect: [false],
  icon: [''],
  tooltip: [''],
  percentChangeColorMode: ['standard'],
  showPercentChange: [false],
  perPage: [20],
};

function withoutNoise(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNoise);
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).filter(([key, of]) => of !== undefined && !noise[key]?.includes(of));
  return Object.fromEntries(kept.map(([key, of]) => [key, withoutNoise(of)]));
}
