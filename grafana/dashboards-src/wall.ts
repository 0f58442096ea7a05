import { dashboard } from './dashboard.js';
import { liveRefresh, severityMapping, thresholds, uids, units } from './house.js';
import { figures, rowFigures } from './panels.js';
import { metricsFresh, proof } from './proof.js';
import { sql } from './query.js';
import { maxTiles, wall as queries } from './queries/wall.js';
import { carriedStore, region } from './variables.js';

const fleet = figures({
  title: 'The fleet now',
  description:
    'Stores connected now, and how many should be by their opening hours; how many of those are not. Unknown: HQ cannot know. 0 disconnected, unknown, with errors and stale: all is well.',
  width: 24,
  queries: [sql(queries.fleet)],
  unit: units.count,
  empty: '✖ no answer',
  fields: [
    { name: 'Disconnected', thresholds: thresholds.badFromOne },
    { name: 'Unknown', thresholds: thresholds.unknownFromOne },
    { name: 'With errors', thresholds: thresholds.warnFromOne },
    { name: 'Stale', thresholds: thresholds.warnFromOne },
  ],
});

const red = rowFigures({
  title: 'Stores that need somebody',
  description: `Stores that are disconnected though open, unknown, failing or behind, with why, the worst first, at most ${maxTiles}. None: 0 stores need anybody, if the figures above are there.`,
  width: 16,
  queries: [sql(queries.red)],
  unit: units.text,
  name: 'Store',
  value: 'Status',
  mappings: severityMapping,
  empty: 'None, or no answer',
});

const revenue = rowFigures({
  title: "Today's revenue",
  description:
    "Completed sales of each store's own today, before discounts and without tax, for each currency. 0: nothing has reached HQ yet.",
  width: 8,
  queries: [sql(queries.revenue)],
  unit: units.text,
  name: 'Currency',
  value: 'Revenue',
  empty: 'No sale today, or no answer',
});

const sales = figures({
  title: 'Sales',
  description: "Completed sales of each store's own today, in all currencies. 0: none has reached HQ yet.",
  width: 8,
  queries: [sql(queries.sales)],
  unit: units.count,
  empty: '✖ no answer',
});

export const wall = dashboard({
  uid: uids.wall,
  title: 'Wall',
  description:
    'For a screen on a wall: big figures, and the stores that need somebody. Add &kiosk to the address.',
  refresh: liveRefresh,
  since: '1h',
  variables: [region, carriedStore],
  rows: [
    { height: 6, panels: [fleet] },
    {
      height: 16,
      panels: [red],
      beside: [
        { height: 4, panels: [proof(8)] },
        { height: 6, panels: [revenue] },
        { height: 3, panels: [sales] },
        { height: 3, panels: [metricsFresh(8)] },
      ],
    },
  ],
});
