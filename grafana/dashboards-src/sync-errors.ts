import { dashboard } from './dashboard.js';
import {
  adviceMapping,
  byItselfMapping,
  kindMapping,
  liveRefresh,
  thresholds,
  uids,
  units,
} from './house.js';
import { acting, figures, lines, table } from './panels.js';
import { proof } from './proof.js';
import { series, sql } from './query.js';
import { maxRows, syncErrorHistory, syncErrors as queries } from './queries/sync-errors.js';
import { carriedStore, kind, region, search } from './variables.js';

const ageOf = (name: string, width: number) => ({
  name,
  width,
  align: 'right' as const,
  unit: units.age,
  decimals: 0,
});
const ofStore = [
  { name: 'Store', width: 130, storeIdIn: 'Id' },
  { name: 'Id', width: 90 },
];

const summary = figures({
  title: 'What needs a look',
  description:
    'Open errors: failed operations in episodes that have not ended. An episode is consecutive failures of one store, type of record, direction and kind; the next success ends it. Not yet seen: nobody has acknowledged it. 0 everywhere: nothing needs a look.',
  width: 18,
  queries: [sql(queries.summary)],
  unit: units.count,
  empty: '✖ no answer',
  fields: [
    { name: 'Open errors', thresholds: thresholds.warnFromOne },
    { name: 'In quarantine', thresholds: thresholds.warnFromOne },
  ],
});

const byKind = table({
  title: 'Open errors, by kind',
  description:
    'Errors that are open now, by kind, with what happens by itself and what a person does. Oldest: since when the longest has been open. An empty table: 0 errors are open.',
  width: 24,
  queries: [sql(queries.byKind)],
  unit: units.count,
  empty: 'No error is open, or no answer.',
  fields: [
    { name: 'Kind', mappings: kindMapping, width: 160 },
    { name: 'Errors', width: 80, align: 'right' },
    { name: 'Stores', width: 80, align: 'right' },
    ageOf('Oldest', 90),
    { name: 'By itself', mappings: byItselfMapping },
    { name: 'What to do', mappings: adviceMapping },
  ],
});

const history = lines({
  title: 'Errors over time, by kind',
  description:
    'Failed sync operations of all stores, resolved ones included. 0, or no bar: none failed. It counts all regions: the choices above do not narrow it.',
  width: 14,
  queries: [series(syncErrorHistory.byKind, '{{kind}}')],
  unit: units.count,
  stacked: true,
  empty: 'No history: Prometheus does not answer.',
});

const rejected = lines({
  title: 'Tokens rejected a minute',
  description:
    'Requests whose token HQ did not take, by why, those of nobody that HQ knows included. 0: every token was good. It counts all regions.',
  width: 10,
  queries: [series(syncErrorHistory.rejected, '{{code}}')],
  unit: units.count,
  empty: 'No token was ever rejected, or Prometheus does not answer.',
});

const open = table({
  title: 'Open errors, by store',
  description: `Episodes that are open, those with the most failures first, at most ${maxRows}. Attempts: failures in a row. Store time: when it began, by the store's own clock. A click opens the store. An empty table: 0 are open.`,
  width: 24,
  queries: [sql(queries.open)],
  unit: units.count,
  empty: 'No error is open, or no answer.',
  fields: [
    ...ofStore,
    { name: 'Kind', mappings: kindMapping, width: 150 },
    { name: 'Of', width: 130 },
    { name: 'Message', width: 300, wrap: true },
    { name: 'Attempts', width: 85, align: 'right' },
    ageOf('Since', 75),
    { name: 'Store time', width: 100 },
    ageOf('Last', 70),
    { name: 'Seen by', width: 110 },
    { name: 'What to do', mappings: adviceMapping, wrap: true },
  ],
});

const quarantine = table({
  title: 'Quarantine',
  description: `Records that HQ holds back until a person has looked, the newest ${maxRows}; the rest of their batches counts. Times: how often the same record came. An empty table: 0 records.`,
  width: 24,
  queries: [sql(queries.quarantine)],
  unit: units.count,
  empty: 'No record is in quarantine, or no answer.',
  fields: [
    ...ofStore,
    { name: 'Entity', width: 150 },
    { name: 'Record', width: 180 },
    { name: 'Revision', width: 80, align: 'right' },
    { name: 'Code', width: 210 },
    ageOf('Received', 90),
    { name: 'Times', width: 65, align: 'right' },
  ],
});

const mend = acting({
  title: 'Errors to act on',
  description:
    'Open errors and records in quarantine of all stores, the newest 50 of each, with what to do and the buttons for it: the choices above do not narrow it. 0 of both: nothing needs a look.',
  width: 24,
  panel: 'errors',
  everyStore: true,
});

const log = table({
  title: 'Error log',
  description: `Each failure in the time above with its words, the newest ${maxRows}. Times is above 1 where failures were counted while the database was away. An empty table: 0 failures in this time.`,
  width: 24,
  queries: [sql(queries.log)],
  unit: units.count,
  empty: 'No failure in this time, or no answer.',
  fields: [
    { name: 'At', unit: units.instant, width: 160 },
    ...ofStore,
    { name: 'Kind', mappings: kindMapping, width: 150 },
    { name: 'Of', width: 150 },
    { name: 'Code', width: 180 },
    { name: 'Told by', width: 75 },
    { name: 'Times', width: 65, align: 'right' },
  ],
});

export const syncErrors = dashboard({
  uid: uids.syncErrors,
  title: 'Sync errors',
  description: 'What fails in the whole fleet, at which stores, and what to do about it.',
  refresh: liveRefresh,
  since: '6h',
  variables: [region, kind, search, carriedStore],
  rows: [
    { height: 4, panels: [summary, proof(6)] },
    { height: 7, panels: [history, rejected] },
    { height: 7, panels: [byKind] },
    { height: 10, panels: [open] },
    { height: 8, panels: [quarantine] },
    { height: 14, panels: [mend] },
    { height: 12, panels: [log] },
  ],
});
