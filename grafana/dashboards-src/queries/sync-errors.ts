import { found, inRegion, ofKind } from './filters.js';
import { age, storeTime } from './fragments.js';

const now = 'clock_timestamp()';
export const maxRows = 300;

const registered =
  'join (select store_id, name, region, timezone from hq_view.store_registry) r using (store_id)';

export const syncErrors = {
  summary: `select
  coalesce(sum(failures) filter (where open), 0) as "Open errors",
  count(*) filter (where open) as "Open episodes",
  count(distinct store_id) filter (where open) as "Stores",
  count(*) filter (where open and acknowledged_at is null) as "Not yet seen",
  (select count(*) from hq_view.quarantined_records ${registered} where state = 'held' and ${inRegion} and ${found}) as "In quarantine"
from hq_view.error_episodes ${registered}
where open and ${inRegion} and ${ofKind} and ${found}`,

  byKind: `select
  kind as "Kind",
  sum(failures)::bigint as "Errors",
  count(distinct store_id) as "Stores",
  ${age('min(opened_at)', now)} as "Oldest",
  kind as "By itself",
  kind as "What to do"
from hq_view.error_episodes ${registered}
where open and ${inRegion} and ${ofKind} and ${found}
group by kind
order by 2 desc`,

  open: `select
  name as "Store",
  store_id as "Id",
  kind as "Kind",
  concat_ws(' ', direction, replace(entity, '_', ' ')) as "Of",
  message as "Message",
  failures as "Attempts",
  ${age('opened_at', now)} as "Since",
  ${storeTime('opened_at', now)} as "Store time",
  ${age('last_at', now)} as "Last",
  acknowledged_by as "Seen by",
  kind as "What to do"
from hq_view.error_episodes ${registered}
where open and ${inRegion} and ${ofKind} and ${found}
order by failures desc, last_at desc
limit ${maxRows}`,

  log: `select
  at as "At",
  name as "Store",
  store_id as "Id",
  kind as "Kind",
  concat_ws(' ', direction, replace(entity, '_', ' ')) as "Of",
  message as "Message",
  code as "Code",
  source as "Told by",
  times as "Times"
from hq_view.sync_errors ${registered}
where $__timeFilter(at) and ${inRegion} and ${ofKind} and ${found}
order by at desc
limit ${maxRows}`,

  quarantine: `select
  name as "Store",
  store_id as "Id",
  replace(entity, '_', ' ') as "Entity",
  coalesce(record_id, 'no id') as "Record",
  revision as "Revision",
  code as "Code",
  message as "Message",
  ${age('received_at', now)} as "Received",
  times as "Times"
from hq_view.quarantined_records ${registered}
where state = 'held' and ${inRegion} and ${found}
order by received_at desc
limit ${maxRows}`,
} as const;

export const syncErrorHistory = {
  byKind: 'sum by (kind) (increase(hq_store_sync_errors_total[$__rate_interval]))',
  /** Of nobody that HQ knows, and of stores whose token was taken away. */
  rejected: 'sum by (code) (rate(hq_collector_tokens_rejected_total[$__rate_interval])) * 60',
} as const;
