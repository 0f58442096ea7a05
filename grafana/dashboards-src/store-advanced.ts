import { resyncMapping, thresholds, tokenMapping, units } from './house.js';
import { acting, table } from './panels.js';
import { sql } from './query.js';
import { store } from './queries/store.js';

export const resyncs = table({
  title: 'Resyncs',
  description:
    'The last 10 times that this store was told to read everything again. Progress is against what there was when it started and never falls: 0 % is a job that waits for the store. An empty table: 0 were asked for.',
  width: 24,
  queries: [sql(store.resyncs)],
  unit: units.count,
  empty: 'No resync was ever asked for, or no answer.',
  fields: [
    { name: 'State', mappings: resyncMapping, coloured: 'text', width: 110 },
    { name: 'Progress', unit: units.percent, width: 80 },
    { name: 'Confirmed', width: 90 },
    { name: 'Records', width: 90 },
    { name: 'Last change', unit: units.age, decimals: 0, width: 95 },
    { name: 'Asked for', width: 110 },
    { name: 'By', width: 110 },
    { name: 'Job', width: 290 },
  ],
});

export const tokens = table({
  title: 'Tokens',
  description:
    'Sync tokens of this store, the newest first, never their secrets. Only an active one lets the store in; one that was superseded works until the time beside it. Ends in: how long the token that the store uses still works, orange from 14 days on, red from 2 days on, as the pager tells; empty: it does not expire, or the store uses another; 0 d: it ends now. An empty table: 0 were ever issued, so there is no store server.',
  width: 24,
  queries: [sql(store.tokens)],
  unit: units.text,
  empty: 'No token was ever issued, or no answer.',
  fields: [
    { name: 'State', mappings: tokenMapping, coloured: 'text', width: 110 },
    { name: 'Token id', width: 290 },
    { name: 'Last used', unit: units.age, decimals: 0, width: 80, thresholds: thresholds.plainText },
    {
      name: 'Ends in',
      unit: units.days,
      decimals: 1,
      width: 80,
      thresholds: thresholds.tokenDays,
      coloured: 'text',
    },
  ],
});

export const forceResync = acting({
  title: 'Force resync',
  description:
    'Has the store read all of HQ’s data again, or some of it: what that would send, how far it is, the last five. 0 records: HQ has nothing of this for the store. Editors of Grafana may ask for it and cancel it; who did is in the audit log.',
  width: 12,
  panel: 'resync',
});

export const syncTokens = acting({
  title: 'Sync tokens',
  description:
    'The store’s tokens, never their secrets. Rotate: the store makes its next one by itself, an editor may ask for it. Generate: shown once, for an admin to carry there. Revoke: the store is cut off at once. 0 tokens: the store has no store server.',
  width: 12,
  panel: 'token',
});

export const mend = acting({
  title: 'Errors to act on',
  description:
    'Open errors and records in quarantine of this store, with what to do and the buttons for it. 0 of both: nothing needs a look.',
  width: 14,
  panel: 'errors',
});

export const maintenance = acting({
  title: 'Maintenance',
  description:
    'Times in which nobody is paged for this store: its own, those of its region, those of all stores. 0 windows: somebody is paged when it is not there in its opening hours.',
  width: 10,
  panel: 'maintenance',
});
