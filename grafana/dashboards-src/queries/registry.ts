import { none } from './filters.js';

/** What may be chosen: from the stores that HQ knows, whatever their state. */
export const registry = {
  regions: `select distinct coalesce(region, '${none}') from hq_view.store_registry order by 1`,
  versions: `select distinct coalesce(agent_version, '${none}') from hq_view.store_registry order by 1`,
  currencies: `select distinct currency from hq_view.store_registry order by 1`,
  stores: `select name || ' (' || store_id || ')' as __text, store_id as __value
from hq_view.store_registry order by lower(name), store_id`,
} as const;
