import { inRegion } from './filters.js';
import { withErrors } from './fragments.js';

/** As many as are read from across a room. */
export const maxTiles = 12;

export const wall = {
  fleet: `select
  count(*) filter (where status = 'connected') as "Connected",
  count(*) filter (where expected_online and status <> 'no_server') as "Expected online",
  count(*) filter (where expected_online and status = 'disconnected') as "Disconnected",
  count(*) filter (where status = 'unknown') as "Unknown",
  count(*) filter (where ${withErrors}) as "With errors",
  count(*) filter (where stale or (status = 'connected' and not synced)) as "Stale"
from hq_view.store_board where ${inRegion}`,

  red: `select concat_ws(', ', name, reason) as "Store", severity as "Status"
from hq_view.store_board
where severity < 7 and (expected_online or severity > 2) and ${inRegion}
order by severity, status_since, lower(name)
limit ${maxTiles}`,

  revenue: `select currency as "Currency", hq_view.money(sum(gross_minor), currency) as "Revenue"
from hq_view.trade_today where ${inRegion} group by currency order by currency`,

  sales: `select coalesce(sum(sales_count), 0)::bigint as "Sales today" from hq_view.trade_today where ${inRegion}`,
} as const;
