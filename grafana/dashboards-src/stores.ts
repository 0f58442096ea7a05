import { dashboard } from './dashboard.js';
import { liveRefresh, severityMapping, thresholds, uids, units } from './house.js';
import { figures, table } from './panels.js';
import { metricsFresh, proof } from './proof.js';
import { sql } from './query.js';
import { maxRows, orders, stores as queries } from './queries/stores.js';
import { carriedStore, region, search, sortBy, status, version } from './variables.js';

const fleet = figures({
  title: 'The fleet now',
  description: `Stores of the region, version and search that are chosen. Connected: a live socket, and a heartbeat in time, as PostgreSQL knows it now. Expected online: open by their opening hours. Disconnected: though they should be open. Unknown: HQ cannot know, because it has just restarted or no collector lives. With errors: operations that fail, records in quarantine or too large to send, or a schema that HQ does not take. Stale: connected, but without a sync for 10 minutes, or with something waiting for over 5. 0 disconnected, unknown, with errors and stale is a sound fleet; 0 stores: nothing fits what is chosen.`,
  width: 15,
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

const trade = table({
  title: "Today's trade, by currency",
  description:
    "Each store's own business date of today, summed by currency: amounts of different currencies are never added. Revenue is completed sales before discounts, without tax. Voids are counted apart. 0 sales: nothing was sold, or nothing has reached HQ yet; an empty table: no store has sold anything today.",
  width: 24,
  queries: [sql(queries.trade)],
  unit: units.count,
  empty: 'No sale today, or no answer.',
  fields: ['Revenue', 'Tax', 'Discounts', 'Voided', 'Returned'].map((name) => ({
    name,
    align: 'right' as const,
  })),
});

const right = (name: string, width: number) => ({ name, width, align: 'right' as const });

const list = table({
  title: 'Stores',
  description: `Every store, the worst first unless ordered otherwise, at most ${maxRows}: choose or search for others above. Status is of now; Why says its reason. For: how long it has been so. Last sync: since the newest success in either direction, beside it that time by the store's own clock. To push: records that wait in the store by its latest heartbeat; to pull: at HQ for the store. Errors: failed operations that need a look. Figures are of the store's own today, in its currency; to compare revenue, use the order above. Tills: open registers by the latest heartbeat. 0 is none; an empty cell is not known, or of a store without a server. A click opens the store.`,
  width: 24,
  queries: [sql(queries.list)],
  unit: units.count,
  empty: 'No store fits what is chosen, or no answer.',
  fields: [
    {
      name: 'Status',
      mappings: severityMapping,
      coloured: 'text',
      width: 175,
      align: 'left',
      unit: units.text,
    },
    { name: 'Why', width: 165 },
    { name: 'Store', width: 105, storeIdIn: 'Id' },
    { name: 'Id', width: 86 },
    { ...right('For', 62), unit: units.age, decimals: 0 },
    {
      ...right('Last sync', 84),
      unit: units.age,
      decimals: 0,
      thresholds: thresholds.syncAge,
      coloured: 'text',
    },
    right('Store time', 88),
    right('To push', 72),
    right('To pull', 66),
    { ...right('Errors', 60), thresholds: thresholds.warnTextFromOne, coloured: 'text' },
    right('Sales', 52),
    right('Revenue', 104),
    right('Tax', 94),
    right('Discounts', 94),
    right('Voids', 58),
    right('Voided', 92),
    right('Tills', 52),
    right('Last sale', 92),
    { name: 'Agent', width: 62 },
  ],
});

export const stores = dashboard({
  uid: uids.stores,
  title: 'Stores',
  description: 'Every store at a glance: which are red, stale or failing, and why; what they sell today.',
  refresh: liveRefresh,
  since: '6h',
  variables: [region, status, version, search, sortBy(orders), carriedStore],
  rows: [
    { height: 4, panels: [fleet, proof(6), metricsFresh(3)] },
    { height: 5, panels: [trade] },
    { height: 22, panels: [list] },
  ],
});
