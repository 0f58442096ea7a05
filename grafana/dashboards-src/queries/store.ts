import { ofStore } from './filters.js';
import { age, storeTime } from './fragments.js';

const now = 'clock_timestamp()';
const theStore = `(select timezone from hq_view.store_registry where ${ofStore}) t`;

/** Rows of a table, each the newest or worst of its kind. */
export const maxErrors = 50;
export const maxDays = 30;
export const maxLogRows = 200;
const maxJobs = 10;

/** All of the store that the variable `store` names. */
export const store = {
  status: `select
  severity as "Status",
  coalesce(reason, '–') as "Why"
from hq_view.store_board where ${ofStore}`,

  sync: `select
  ${age('status_since')} as "For",
  ${age('last_sync_at')} as "Last sync",
  pending_records as "To push",
  pull_pending_changes as "To pull",
  errors_open as "Open errors",
  quarantined_records as "In quarantine"
from hq_view.store_board where ${ofStore}`,

  today: `select
  sales_count as "Sales",
  hq_view.money(gross_minor, currency) as "Revenue",
  hq_view.money(tax_minor, currency) as "Tax",
  hq_view.money(discount_minor, currency) as "Discounts",
  void_count as "Voids",
  hq_view.money(void_minor, currency) as "Voided",
  return_count as "Returns",
  hq_view.money(return_minor, currency) as "Returned"
from hq_view.stores where ${ofStore}`,

  facts: `select
  store_id as "Id",
  region as "Region",
  timezone as "Timezone",
  to_char(data_as_of at time zone timezone, 'Dy DD Mon HH24:MI') as "Store time",
  business_date::text as "Business date",
  case when expected_online then 'open' else 'closed' end as "Now",
  currency as "Currency",
  agent_version as "Agent",
  schema_version || case when schema_compatible is false then ' ✖ refused' else '' end as "Schema",
  ${age('last_heartbeat_at')} as "Heartbeat",
  abs(clock_skew_ms) as "Clock off by",
  disk_used_bytes / nullif(disk_limit_bytes, 0)::double precision as "Queue disk",
  ${storeTime('last_sale_at')} as "Last sale"
from hq_view.stores where ${ofStore}`,

  entities: `select
  replace(entity, '_', ' ') as "Entity",
  direction as "Direction",
  ${age('last_success_at', now)} as "Last success",
  records_total as "Records",
  coalesce(b.pending_changes, e.pending_records) as "Waiting",
  ${age('coalesce(b.pending_since, e.oldest_pending_at)', now)} as "Oldest",
  nullif(attempt, 0) as "Attempt",
  case when next_try_at > ${now} then ceil(extract(epoch from next_try_at - ${now})) end as "Next try in"
from hq_view.store_entities e
left join (select entity, pending_changes, pending_since from hq_view.pull_backlog where ${ofStore}) b using (entity)
where ${ofStore}
order by direction desc, entity`,

  errors: `select
  case when e.open then '✖ open' else '✓ resolved' end as "State",
  e.kind as "Kind",
  concat_ws(' ', e.direction, replace(e.entity, '_', ' ')) as "Of",
  e.message as "Message",
  e.failures as "Attempts",
  ${storeTime('e.opened_at', now)} as "Since",
  ${age('e.last_at', now)} as "Last",
  case when e.open and n.next_try_at > ${now} then ceil(extract(epoch from n.next_try_at - ${now})) end as "Next try in",
  case when e.open then e.kind end as "By itself",
  case when e.open then e.kind end as "What to do"
from hq_view.error_episodes e
cross join ${theStore}
left join (select entity, direction, next_try_at from hq_view.store_entities where ${ofStore}) n
  on n.entity = e.entity and n.direction = e.direction
where e.${ofStore} and (e.open or $__timeFilter(e.resolved_at))
order by e.open desc, e.last_at desc
limit ${maxErrors}`,

  quarantine: `select
  replace(entity, '_', ' ') as "Entity",
  coalesce(record_id, 'no id') as "Record",
  revision as "Revision",
  code as "Code",
  message as "Message",
  ${age('received_at', now)} as "Received",
  times as "Times"
from hq_view.quarantined_records
where ${ofStore} and state = 'held'
order by received_at desc
limit ${maxErrors}`,

  registers: `select
  terminal_id as "Terminal",
  ${storeTime('opened_at', now)} as "Opened",
  ${age('opened_at', now)} as "For",
  cashier_id as "Cashier",
  ${age('claims_as_of', now)} as "Said"
from hq_view.open_registers
cross join ${theStore}
where ${ofStore}
order by opened_at, terminal_id`,

  days: `select
  a.business_date::text || case when a.today then ' today' else '' end as "Business date",
  a.sales_count as "Sales",
  hq_view.money(a.gross_minor, a.currency) as "Revenue",
  hq_view.money(a.tax_minor, a.currency) as "Tax",
  hq_view.money(a.discount_minor, a.currency) as "Discounts",
  a.void_count as "Voids",
  hq_view.money(a.void_minor, a.currency) as "Voided",
  a.return_count as "Returns",
  hq_view.money(a.return_minor, a.currency) as "Returned",
  hq_view.money(d.difference_minor, a.currency) as "Claimed − held"
from hq_view.activity a
left join (select * from hq_view.day_totals where ${ofStore}) d
  on d.business_date = a.business_date and d.currency = a.currency
where a.${ofStore}
order by a.business_date desc, a.currency
limit ${maxDays}`,

  log: `select
  ${storeTime('at', now)} as "Store time",
  ${age('at', now)} as "Ago",
  replace(entity, '_', ' ') as "Entity",
  direction as "Direction",
  succeeded::text as "Outcome",
  kind as "Kind",
  records as "Records",
  accepted as "New",
  replaced as "Replaced",
  duplicate as "Duplicate",
  quarantined as "Quarantined",
  bytes as "Size",
  duration_ms as "Took",
  operations as "Operations"
from hq_view.sync_log
cross join ${theStore}
where ${ofStore} and $__timeFilter(at)
order by at desc
limit ${maxLogRows}`,

  resyncs: `select
  state as "State",
  percent as "Progress",
  records_confirmed as "Confirmed",
  records_total as "Records",
  replace(array_to_string(entities, ', '), '_', ' ') as "Entities",
  ${storeTime('created_at', now)} as "Asked for",
  created_by as "By",
  ${age('coalesce(ended_at, started_at)', now)} as "Last change",
  message as "Message",
  job_id::text as "Job"
from hq_view.resync_jobs
cross join ${theStore}
where ${ofStore}
order by created_at desc
limit ${maxJobs}`,

  tokens: `select
  state as "State",
  token_id::text as "Token id",
  ${storeTime('created_at', now)} as "Generated",
  created_by as "By",
  ${storeTime('first_used_at', now)} as "First used",
  ${age('last_used_at', now)} as "Last used",
  ${storeTime('expires_at', now)} as "Expires",
  case when current then extract(epoch from expires_at - ${now}) / 86400 end as "Ends in",
  ${storeTime('superseded_at', now)} as "Superseded",
  ${storeTime('revoked_at', now)} as "Revoked"
from hq_view.store_tokens
cross join ${theStore}
where ${ofStore}
order by created_at desc`,

  events: `select at as time, event || coalesce(': ' || detail, '') || coalesce(', by ' || actor, '') as text, split_part(event, '.', 1) as tags
from hq_view.store_events
where ${ofStore} and $__timeFilter(at)
order by at desc
limit 500`,
} as const;

const id = 'store_id="$store"';

/** History of the store, from Prometheus. */
export const storeHistory = {
  connected: `hq_store_connected{${id}}`,
  expected: `hq_store_expected_online{${id}}`,
  fresh: `max(up{job="hq-stores"})`,
  pending: `hq_store_pending_records{${id}}`,
  arrived: `sum by (entity) (rate(hq_store_entity_records_total{${id}}[$__rate_interval])) * 60`,
  errors: `sum by (kind) (increase(hq_store_sync_errors_total{${id}}[$__rate_interval]))`,
  /** Each new connection is a mark. */
  connects: `changes(hq_store_connects_total{${id}}[$__interval]) > 0`,
  /** A new version is a new series. */
  updates: `count by (agent_version) (hq_store_info{${id},agent_version!=""}) unless count by (agent_version) (hq_store_info{${id},agent_version!=""} offset $__interval)`,
} as const;
