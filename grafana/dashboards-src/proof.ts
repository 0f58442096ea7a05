import { colours, mapValues, thresholds, steps, units } from './house.js';
import { figures, type Placed } from './panels.js';
import { instant, sql } from './query.js';
import { storeMetricsFresh, stores } from './queries/stores.js';

/** Whether the figures beside it are true now: loud when HQ's database or every collector is gone. */
export const proof = (width: number): Placed =>
  figures({
    title: 'Is this true now?',
    description:
      "Data as of: the clock of HQ's database when it last answered; everything of this dashboard that is not from Prometheus is as of then, and nothing newer is known when this is red. Collectors alive: processes of HQ whose lease in PostgreSQL lives; with 0 nobody listens to the stores, and every store is unknown.",
    width,
    queries: [sql(stores.proof)],
    unit: units.count,
    empty: '✖ HQ’s database does not answer',
    thresholds: thresholds.aliveFromOne,
    texts: true,
    fields: [{ name: 'Data as of', unit: units.timeOfDay }],
  });

/** Whether history and alerts go on: they come from Prometheus. */
export const metricsFresh = (width: number): Placed =>
  figures({
    title: 'Metrics',
    description:
      'Whether Prometheus gets the metrics of the stores: history and alerts depend on it. Stopped (0): HQ does not answer it, as when PostgreSQL has been away for 15 seconds. Red without a figure: Prometheus itself does not answer.',
    width,
    queries: [instant(storeMetricsFresh, 'Metrics of the stores')],
    unit: units.text,
    empty: '✖ Prometheus does not answer',
    thresholds: steps([null, colours.bad]),
    mappings: mapValues({
      1: { text: '● fresh', colour: colours.none },
      0: { text: '✖ stopped', colour: colours.bad },
      '-1': { text: '✖ not scraped', colour: colours.bad },
    }),
  });
