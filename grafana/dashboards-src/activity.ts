import { dashboard } from './dashboard.js';
import { historyRefresh, uids, units } from './house.js';
import { lines, rowFigures, table } from './panels.js';
import { proof } from './proof.js';
import { series, sql } from './query.js';
import { activity as queries, maxRows, salesArrived } from './queries/activity.js';
import { stores } from './queries/stores.js';
import { carriedStore, currency, region, search } from './variables.js';

const right = (name: string) => ({ name, align: 'right' as const });
const amounts = ['Revenue', 'Tax', 'Discounts', 'Voided', 'Returned'].map(right);
const claims = ['Claimed', 'Held', 'Claimed − held'].map(right);
const ofStore = [{ name: 'Store', storeIdIn: 'Id' }, { name: 'Id' }];

const tiles = rowFigures({
  title: "Today's revenue",
  description:
    "Completed sales of each store's own today, before discounts and without tax, for each currency: amounts of different currencies are never added. 0: nothing was sold, or nothing has reached HQ yet.",
  width: 18,
  queries: [sql(queries.tiles)],
  unit: units.text,
  name: 'Currency',
  value: 'Revenue',
  empty: 'No sale today, or no answer',
});

const byCurrency = table({
  title: 'Today, by currency',
  description:
    "Each store's own today. Revenue is completed sales before discounts, without tax; voids and returns are counted apart. An empty table: 0 stores have sold anything today.",
  width: 24,
  queries: [sql(stores.trade)],
  unit: units.count,
  empty: 'No sale today, or no answer.',
  fields: amounts,
});

const byRegion = table({
  title: 'Today, by region',
  description:
    "Each store's own today, by region and currency, the highest revenue first. An empty table: 0 stores have sold anything today.",
  width: 24,
  queries: [sql(queries.byRegion)],
  unit: units.count,
  empty: 'No sale today, or no answer.',
  fields: amounts,
});

const arrived = lines({
  title: 'Sales that reached HQ, by region',
  description:
    'Records of sales that HQ accepted, corrections and voids included, when they came: after an outage a backlog stands out. 0: no sale came. The choices above do not narrow it.',
  width: 24,
  queries: [series(salesArrived, '{{region}}')],
  unit: units.count,
  stacked: true,
  empty: 'No history: Prometheus does not answer.',
});

const byStore = table({
  title: 'Today, by store',
  description: `Stores that have sold today, by currency and then revenue, at most ${maxRows}. A store without a row has 0 sales today. A click opens the store.`,
  width: 24,
  queries: [sql(queries.byStore)],
  unit: units.count,
  empty: 'No sale today, or no answer.',
  fields: [...ofStore, ...amounts],
});

const days = table({
  title: 'Last 30 business dates',
  description:
    "All stores' business dates, by currency, the newest first; the newest is not over, and one that is can still grow by sales that come late. Archived stores are left out. 0: nothing was sold.",
  width: 24,
  queries: [sql(queries.days)],
  unit: units.count,
  empty: 'HQ holds no sale of these days, or no answer.',
  fields: amounts,
});

const differences = table({
  title: 'Stores that claim something else than HQ holds',
  description:
    "Business dates of which a store's latest heartbeat says another total than the records that HQ holds: sales on their way or a gap where it claims more, a heartbeat older than the sales where it claims less. An empty table: 0 differences, HQ has all that the stores say.",
  width: 24,
  queries: [sql(queries.differences)],
  unit: units.count,
  empty: 'HQ holds what every store claims, or no answer.',
  fields: [...ofStore, ...claims],
});

export const activity = dashboard({
  uid: uids.activity,
  title: 'Activity',
  description: "The chain's day: what is sold, for each currency, by region and store.",
  refresh: historyRefresh,
  since: '12h',
  variables: [region, currency, search, carriedStore],
  rows: [
    { height: 5, panels: [tiles, proof(6)] },
    { height: 5, panels: [byCurrency] },
    { height: 8, panels: [byRegion] },
    { height: 8, panels: [arrived] },
    { height: 10, panels: [byStore] },
    { height: 6, panels: [differences] },
    { height: 10, panels: [days] },
  ],
});
