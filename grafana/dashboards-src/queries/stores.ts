import { found, inRegion, ofStatus, ofVersion } from './filters.js';
import { age, money, storeTime, withErrors } from './fragments.js';
import { tradeColumns } from './trade.js';

/** More rows than a browser renders again every 5 seconds without being felt. */
export const maxRows = 500;

/** Orders of the list, by their name in the variable `sort`. */
export const orders = {
  worst: 'worst first',
  name: 'name',
  sync: 'longest without sync',
  waiting: 'most waiting',
  errors: 'most errors',
  revenue: 'revenue',
} as const;

const by = (order: keyof typeof orders, expression: string, direction = '') =>
  `case when \${sort:sqlstring} = '${order}' then ${expression} end${direction}`;

export const stores = {
  /** As of when, and who says so. */
  proof: `select data_as_of as "Data as of", collectors as "Collectors alive" from hq_view.headquarters`,

  fleet: `select
  count(*) filter (where status = 'connected') as "Connected",
  count(*) filter (where expected_online and status <> 'no_server') as "Expected online",
  count(*) as "Stores",
  count(*) filter (where expected_online and status = 'disconnected') as "Disconnected",
  count(*) filter (where status = 'unknown') as "Unknown",
  count(*) filter (where ${withErrors}) as "With errors",
  count(*) filter (where stale or (status = 'connected' and not synced)) as "Stale"
from hq_view.store_board
where ${inRegion} and ${ofVersion} and ${found}`,

  trade: `select
  currency as "Currency",
  count(*) filter (where sales_count > 0) as "Stores selling",
${tradeColumns}
from hq_view.trade_today
where ${inRegion} and ${found}
group by currency
order by currency`,

  list: `select
  severity as "Status",
  name as "Store",
  concat_ws(', ', reason, case when not expected_online and status <> 'no_server' then 'closed now' end) as "Why",
  store_id as "Id",
  ${age('status_since')} as "For",
  ${age('last_sync_at')} as "Last sync",
  ${storeTime('last_sync_at')} as "Store time",
  pending_records as "To push",
  case when status <> 'no_server' then pull_pending_changes end as "To pull",
  case when status <> 'no_server' then errors_open end as "Errors",
  case when status <> 'no_server' then sales_count end as "Sales",
  ${money('gross_minor')} as "Revenue",
  ${money('tax_minor')} as "Tax",
  ${money('discount_minor')} as "Discounts",
  case when status <> 'no_server' then void_count end as "Voids",
  ${money('void_minor')} as "Voided",
  open_registers as "Tills",
  ${storeTime('last_sale_at')} as "Last sale",
  agent_version as "Agent",
  region as "Region"
from (
  select * from hq_view.store_board
  where ${inRegion} and ${ofVersion} and ${ofStatus} and ${found}
  order by
    ${by('worst', 'severity')},
    ${by('sync', 'last_sync_at')},
    ${by('waiting', 'coalesce(pending_records, 0) + pull_pending_changes', ' desc')},
    ${by('errors', 'errors_open', ' desc')},
    ${by('revenue', 'currency')},
    ${by('revenue', 'gross_minor', ' desc')},
    ${by('worst', 'expected_online', ' desc')},
    lower(name), store_id
  limit ${maxRows}
) s`,
} as const;

/** Whether Prometheus has fresh metrics of the stores: 1 it has, 0 HQ does not answer it, -1 it does not ask. */
export const storeMetricsFresh = 'max(up{job="hq-stores"}) or vector(-1)';
