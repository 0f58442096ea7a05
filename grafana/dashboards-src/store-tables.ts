import {
  adviceMapping,
  byItselfMapping,
  directionMapping,
  kindMapping,
  outcomeMapping,
  severityMapping,
  thresholds,
  units,
} from './house.js';
import { figures, table } from './panels.js';
import { sql } from './query.js';
import { maxDays, maxErrors, maxLogRows, store } from './queries/store.js';

const right = (name: string, width?: number) => ({
  name,
  align: 'right' as const,
  ...(width !== undefined && { width }),
});
const ageOf = (name: string, width = 110) => ({ ...right(name, width), unit: units.age, decimals: 0 });

export const status = figures({
  title: 'Status',
  description:
    'Whether the store is there, and why not or what else is wrong, as PostgreSQL knows it now. Nothing in its place: there is no such store, or no answer. 0 is never shown here.',
  width: 10,
  queries: [sql(store.status)],
  unit: units.text,
  texts: true,
  valueSize: 22,
  empty: 'No such store, or no answer',
  fields: [{ name: 'Status', mappings: severityMapping }],
});

export const sync = figures({
  title: 'Sync',
  description:
    'For: how long it has had its status. Last sync: since the newest success in either direction; an idle store checks every 5 minutes. To push: records that wait in the store by its latest heartbeat; to pull: at HQ for the store. Open errors: failed operations that need a look. 0 waiting, errors and quarantine is a sound store.',
  width: 14,
  queries: [sql(store.sync)],
  unit: units.count,
  empty: 'No such store, or no answer',
  fields: [
    { name: 'For', unit: units.age, decimals: 0 },
    { name: 'Last sync', unit: units.age, decimals: 0, thresholds: thresholds.syncAgeTile },
    { name: 'Open errors', thresholds: thresholds.warnFromOne },
    { name: 'In quarantine', thresholds: thresholds.warnFromOne },
  ],
});

export const facts = table({
  title: 'What it is',
  description:
    "The store's settings, its clock, and what its server said last. Heartbeat: since the latest, every 30 seconds. Clock off by: how wrong the store's clock is; 0 is right. Queue disk: share of the space for what waits that is used; 0 is none. Empty: not known.",
  width: 24,
  queries: [sql(store.facts)],
  unit: units.text,
  empty: 'No such store, or no answer.',
  fields: [
    { name: 'Timezone', width: 150 },
    { name: 'Store time', width: 145 },
    { name: 'Business date', width: 115 },
    { name: 'Agent', width: 135 },
    { name: 'Heartbeat', unit: units.age, decimals: 0, align: 'left' },
    {
      name: 'Clock off by',
      width: 105,
      unit: units.durationMs,
      decimals: 0,
      align: 'left',
      thresholds: thresholds.clockSkewMs,
      coloured: 'text',
    },
    {
      name: 'Queue disk',
      unit: units.share,
      decimals: 1,
      align: 'left',
      thresholds: thresholds.fullness,
      coloured: 'text',
    },
  ],
});

export const errors = table({
  title: 'Sync errors',
  description: `What fails, the open first, then what was resolved in the time above, at most ${maxErrors}. Attempts: failures in a row. Next try: when the store server tries again, as it said. What to do: for a person, by the kind of error. An empty table: 0 errors.`,
  width: 24,
  queries: [sql(store.errors)],
  unit: units.count,
  empty: 'No error is open, and none was resolved in this time; or no answer.',
  fields: [
    { name: 'State', width: 90 },
    { name: 'Kind', width: 150, mappings: kindMapping },
    { name: 'Of', width: 120 },
    { name: 'Message', width: 300, wrap: true },
    right('Attempts', 85),
    { name: 'Since', width: 100 },
    ageOf('Last', 70),
    ageOf('Next try in', 95),
    { name: 'By itself', mappings: byItselfMapping, width: 230, wrap: true },
    { name: 'What to do', mappings: adviceMapping, wrap: true },
  ],
});

export const entities = table({
  title: 'Entity status',
  description:
    'Each type of record and its direction: push is from the store to HQ, pull from HQ to the store. Records: pushed and accepted, or pulled and confirmed, since the beginning; 0: none yet. Waiting: by the latest heartbeat, or at HQ for the store; 0: nothing. Attempt: how often the present try has failed; empty: it has not.',
  width: 15,
  queries: [sql(store.entities)],
  unit: units.count,
  empty: 'This store has no store server yet, or no answer.',
  fields: [
    { name: 'Direction', mappings: directionMapping, width: 85 },
    ageOf('Last success'),
    right('Records', 90),
    { ...right('Waiting', 75) },
    ageOf('Oldest', 70),
    right('Attempt', 80),
    ageOf('Next try in', 95),
  ],
});

export const registers = table({
  title: 'Open registers',
  description:
    "Tills that the latest heartbeat said are open, since when by the store's own clock, and how old that heartbeat is. An empty table: 0 tills are open.",
  width: 9,
  queries: [sql(store.registers)],
  unit: units.text,
  empty: 'No till is open, or no answer.',
  fields: [ageOf('For', 80), ageOf('Said', 70)],
});

export const today = figures({
  title: "Today, by the store's own business date",
  description:
    "Completed sales of the store's own today, in its currency, from the records that HQ holds. Revenue is before discounts and without tax. Voids and returns are counted apart. 0: nothing yet, or it has not reached HQ.",
  width: 24,
  queries: [sql(store.today)],
  unit: units.count,
  texts: true,
  empty: 'No such store, or no answer',
});

export const days = table({
  title: 'Last business days',
  description: `Totals of the records HQ holds, by the store's own business date and currency, the newest ${maxDays}. Claimed − held: what the latest heartbeat says above what HQ holds; 0 is proof that both agree, empty: the store says nothing of that day.`,
  width: 24,
  queries: [sql(store.days)],
  unit: units.count,
  empty: 'HQ holds no sale of this store, or no answer.',
  fields: ['Revenue', 'Tax', 'Discounts', 'Voided', 'Returned', 'Claimed − held'].map((name) => right(name)),
});

export const quarantine = table({
  title: 'Quarantine',
  description: `Records that HQ holds back until a person has looked, the newest ${maxErrors}; the rest of their batches counts. Times: how often the same record came. An empty table: 0 records.`,
  width: 24,
  queries: [sql(store.quarantine)],
  unit: units.count,
  empty: 'No record is in quarantine, or no answer.',
  fields: [
    { name: 'Entity', width: 150 },
    { name: 'Record', width: 200 },
    right('Revision', 80),
    { name: 'Code', width: 220 },
    ageOf('Received', 90),
    right('Times', 65),
  ],
});

export const log = table({
  title: 'Sync log',
  description: `Sync operations in the time above, the newest ${maxLogRows}: one row for each batch pushed and page pulled; checks that find nothing new have none. Operations is above 1 only where failures were counted while the database was away. 0 new: all of it was known.`,
  width: 24,
  queries: [sql(store.log)],
  unit: units.count,
  empty: 'No sync operation in this time, or no answer.',
  fields: [
    { name: 'Store time', width: 110 },
    ageOf('Ago', 70),
    { name: 'Entity', width: 150 },
    { name: 'Direction', mappings: directionMapping, width: 85 },
    { name: 'Outcome', mappings: outcomeMapping, coloured: 'text', width: 85 },
    { name: 'Kind', mappings: kindMapping, width: 150 },
    { ...right('Size'), unit: units.bytes },
    { ...right('Took'), unit: units.durationMs },
  ],
});
