import { found, inCurrency, inRegion } from './filters.js';
import { tradeColumns } from './trade.js';

export const maxRows = 200;

const where = `where ${inRegion} and ${inCurrency} and ${found}`;

export const activity = {
  tiles: `select
  currency as "Currency",
  hq_view.money(sum(gross_minor), currency) as "Revenue"
from hq_view.trade_today ${where}
group by currency order by currency`,

  byRegion: `select
  coalesce(region, '–') as "Region",
  currency as "Currency",
${tradeColumns}
from hq_view.trade_today ${where}
group by region, currency
order by currency, sum(gross_minor) desc`,

  byStore: `select
  name as "Store",
  store_id as "Id",
  business_date::text as "Business date",
${tradeColumns}
from hq_view.trade_today ${where}
group by store_id, name, business_date, currency
order by currency, sum(gross_minor) desc
limit ${maxRows}`,

  days: `select
  a.business_date::text as "Business date",
  a.currency as "Currency",
${tradeColumns}
from hq_view.activity a
join hq_view.store_registry r using (store_id, currency)
where a.business_date > current_date - 31 and ${inRegion} and ${inCurrency} and ${found}
group by a.business_date, currency
order by a.business_date desc, currency
limit ${maxRows}`,

  differences: `select
  name as "Store",
  store_id as "Id",
  business_date::text as "Business date",
  claimed_sales_count as "Sales claimed",
  held_sales_count as "Sales held",
  hq_view.money(claimed_gross_minor, d.currency) as "Claimed",
  hq_view.money(held_gross_minor, d.currency) as "Held",
  hq_view.money(difference_minor, d.currency) as "Claimed − held"
from hq_view.day_totals d
join (select store_id, name, region from hq_view.store_registry) r using (store_id)
where (difference_minor <> 0 or claimed_sales_count <> held_sales_count) and ${inRegion} and ${inCurrency} and ${found}
order by d.currency, difference_minor desc
limit ${maxRows}`,
} as const;

/**
 * Sales that reached HQ; a store's region is that of its present info. It has two for some minutes when something of it
 * changed while Prometheus was away.
 */
export const salesArrived = `sum by (region) (
  increase(hq_store_entity_records_total{entity="sales",direction="push"}[$__rate_interval])
  * on (store_id) group_left (region) topk by (store_id) (1, max by (store_id, region) (hq_store_info))
)`;
