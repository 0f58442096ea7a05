-- The views other programs read: the contract. Every one says what it is as of.

create schema hq_view;

-- Whether a store is open at an instant, by its opening hours. Yesterday's hours count while they run past midnight.
create function hq.is_open(opening_hours jsonb, timezone text, at timestamptz) returns boolean
language sql stable
as $$
  select opening_hours is null or exists (
    select
    from (select (at at time zone timezone) as local) clock,
      generate_series(0, 1) as days_ago,
      lateral (select local::date - days_ago as day) d,
      lateral jsonb_array_elements(coalesce(opening_hours -> lower(to_char(day, 'dy')), '[]')) as hours,
      lateral (select day + (hours ->> 0)::time as opens, day + (hours ->> 1)::time as closes) h
    where local >= opens
      and local < case when closes <= opens then closes + interval '1 day' else closes end
  )
$$;

-- When HQ as a whole began to serve without a gap; null when no collector's lease is alive.
create view hq_view.headquarters as
select
  clock_timestamp() as data_as_of,
  hq.hq_now() as business_now,
  h.epoch,
  c.collectors,
  c.serving_since,
  c.serving_since + h.restart_grace_ms * interval '1 ms' as grace_until,
  h.heartbeat_window_ms
from hq.headquarters h,
  lateral (
    select count(*)::integer as collectors, min(serving_since) as serving_since
    from hq.collector
    where lease_until > clock_timestamp()
  ) c;

-- Status of every store that is not archived, and why. The rules, first match wins:
--   no token was ever issued                            no_server
--   it has never connected                              never_connected
--   no collector's lease is alive                       unknown, 'no collector'
--   its socket is on a living collector, and a heartbeat came within the window      connected
--   ... and none came within the window                 disconnected, 'heartbeat lost'
--   its collector's lease lapsed while another served   disconnected, 'collector lost'
--   HQ began to serve less than the grace ago and has not seen it since              unknown, 'HQ restarted'
--   its collector shut down less than the grace ago     unknown, 'collector restarted'
--   otherwise                                           disconnected, with the reason the collector saw
create view hq_view.store_status as
select
  s.store_id,
  r.rule[1] as status,
  r.rule[2] as reason,
  case
    when r.rule[1] = 'connected' then c.connected_at
    when r.rule[2] = 'heartbeat lost' then c.last_heartbeat_at + h.heartbeat_window_ms * interval '1 ms'
    when r.rule[1] = 'disconnected' then coalesce(l.lease_until, c.disconnected_at)
  end as since,
  h.data_as_of
from hq.store s
cross join hq_view.headquarters h
left join hq.store_connection c using (store_id)
left join hq.collector l on l.replica_id = c.replica_id
cross join lateral (
  select case
    when c.store_id is null then array['no_server', 'no store server']
    when c.connects_total = 0 then array['never_connected', 'never connected']
    when h.collectors = 0 then array['unknown', 'no collector']
    when c.connection_id is not null and l.lease_until > h.data_as_of then
      case
        when c.last_heartbeat_at < h.data_as_of - h.heartbeat_window_ms * interval '1 ms' then array['disconnected', 'heartbeat lost']
        when c.duplicate_server_at > h.data_as_of - interval '10 minutes' then array['connected', 'duplicate store server']
        else array['connected', null]
      end
    when c.connection_id is not null and h.serving_since <= l.renewed_at then array['disconnected', 'collector lost']
    when h.data_as_of < h.grace_until and (c.connection_id is not null or c.disconnected_at < h.serving_since)
      then array['unknown', 'HQ restarted']
    when c.connection_id is null and c.disconnect_reason = 'HQ shutting down'
      and h.data_as_of < c.disconnected_at + (h.grace_until - h.serving_since) then array['unknown', 'collector restarted']
    when c.connection_id is not null then array['disconnected', 'collector lost']
    else array['disconnected', coalesce(c.disconnect_reason, 'unknown')]
  end as rule
) r
where s.archived_at is null;

-- The list of stores: one row a store, today's figures in the store's own currency (hq_view.activity has them all).
create view hq_view.stores as
select
  s.store_id,
  s.name,
  s.region,
  s.timezone,
  s.currency,
  st.status,
  st.reason,
  st.since as status_since,
  hq.is_open(s.opening_hours, s.timezone, hq.hq_now()) as expected_online,
  st.status = 'connected'
    and coalesce(c.oldest_pending_at >= st.data_as_of - interval '5 minutes', true) as synced,
  c.last_heartbeat_at,
  e.last_sync_at,
  coalesce(e.records_pushed, 0) as records_pushed,
  coalesce(e.records_pulled, 0) as records_pulled,
  coalesce(x.errors_open, 0) as errors_open,
  coalesce(q.quarantined, 0) as quarantined_records,
  c.pending_records,
  c.oldest_pending_at,
  c.withheld_records,
  c.disk_used_bytes,
  c.disk_limit_bytes,
  c.clock_skew_ms,
  c.instance_id,
  c.agent_version,
  c.schema_version,
  c.schema_compatible,
  c.last_sale_at,
  jsonb_array_length(c.open_registers) as open_registers,
  d.business_date,
  coalesce(a.sales_count, 0) as sales_count,
  coalesce(a.gross_minor, 0) as gross_minor,
  coalesce(a.tax_minor, 0) as tax_minor,
  coalesce(a.discount_minor, 0) as discount_minor,
  coalesce(a.void_count, 0) as void_count,
  coalesce(a.void_minor, 0) as void_minor,
  coalesce(a.return_count, 0) as return_count,
  coalesce(a.return_minor, 0) as return_minor,
  st.data_as_of
from hq.store s
join hq_view.store_status st using (store_id)
cross join lateral (select hq.business_date(hq.hq_now(), s.timezone, s.day_cutover) as business_date) d
left join hq.store_connection c using (store_id)
left join (
  select
    store_id,
    max(last_success_at) as last_sync_at,
    sum(records_total) filter (where direction = 'push') as records_pushed,
    sum(records_total) filter (where direction = 'pull') as records_pulled
  from hq.store_entity
  group by store_id
) e using (store_id)
left join (
  select store_id, sum(failures) as errors_open from hq.error_episode where resolved_at is null group by store_id
) x using (store_id)
left join (
  select store_id, count(*) as quarantined from hq.quarantined_record where state = 'held' group by store_id
) q using (store_id)
left join hq.activity a
  on a.store_id = s.store_id and a.business_date = d.business_date and a.currency = s.currency;

-- Entity status: every entity of every store with a store server, in its direction; 0 and null mean never.
create view hq_view.store_entities as
select
  c.store_id,
  e.entity,
  e.direction,
  s.last_success_at,
  coalesce(s.records_total, 0) as records_total,
  coalesce((w.q ->> 'pendingRecords')::bigint, 0) as pending_records,
  (w.q ->> 'oldestPendingAt')::timestamptz as oldest_pending_at,
  coalesce((w.q ->> 'attempt')::integer, 0) as attempt,
  (w.q ->> 'nextTryAt')::timestamptz as next_try_at,
  c.last_heartbeat_at as claims_as_of
from hq.store_connection c
join hq.store st on st.store_id = c.store_id and st.archived_at is null
cross join hq.entity e
left join hq.store_entity s on s.store_id = c.store_id and s.entity = e.entity and s.direction = e.direction
left join lateral (
  select q from jsonb_array_elements(c.queues) q where q ->> 'entity' = e.entity and q ->> 'direction' = e.direction limit 1
) w on true;

-- Error episodes, open and resolved, newest first where the reader orders by last_at.
create view hq_view.error_episodes as
select
  episode_id,
  store_id,
  nullif(entity, '') as entity,
  nullif(direction, '') as direction,
  kind,
  code,
  message,
  opened_at,
  last_at,
  failures,
  resolved_at is null as open,
  resolved_at,
  acknowledged_at,
  acknowledged_by
from hq.error_episode;

-- Each till that the latest heartbeat said is open; claims_as_of is that heartbeat's time.
create view hq_view.open_registers as
select
  c.store_id,
  r ->> 'terminalId' as terminal_id,
  (r ->> 'openedAt')::timestamptz as opened_at,
  r ->> 'cashierId' as cashier_id,
  c.last_heartbeat_at as claims_as_of
from hq.store_connection c
join hq.store s on s.store_id = c.store_id and s.archived_at is null
cross join lateral jsonb_array_elements(c.open_registers) r;

-- Totals per store, business date and currency, derived from the records HQ holds. Archived stores keep theirs.
create view hq_view.activity as
select a.*, s.name as store_name, a.business_date = hq.business_date(hq.hq_now(), s.timezone, s.day_cutover) as today
from hq.activity a
join hq.store s using (store_id);

-- What each store claims of its business dates beside what HQ holds; a difference of 0 is proof.
create view hq_view.day_totals as
select
  c.store_id,
  (d ->> 'businessDate')::date as business_date,
  d ->> 'currency' as currency,
  (d ->> 'salesCount')::bigint as claimed_sales_count,
  coalesce(a.sales_count, 0) as held_sales_count,
  (d ->> 'grossMinor')::bigint as claimed_gross_minor,
  coalesce(a.gross_minor, 0) as held_gross_minor,
  (d ->> 'grossMinor')::bigint - coalesce(a.gross_minor, 0) as difference_minor,
  c.last_heartbeat_at as claims_as_of
from hq.store_connection c
join hq.store s on s.store_id = c.store_id and s.archived_at is null
cross join lateral jsonb_array_elements(c.days) d
left join hq.activity a
  on a.store_id = c.store_id and a.business_date = (d ->> 'businessDate')::date and a.currency = d ->> 'currency';

create view hq_view.quarantined_records as
select
  quarantine_id, store_id, entity, record_id, revision, code, message, schema_version, content, received_at, times, state,
  resolved_at, resolved_by
from hq.quarantined_record;

create view hq_view.sync_log as select * from hq.sync_log;
create view hq_view.sync_errors as select * from hq.sync_error;

-- Every record stores have pushed, each with its newest revision; hq_view.pushed_revisions has the others.
create view hq_view.pushed_records as
select store_id, entity, record_id, revision, business_date, occurred_at, kind, status, currency, gross_minor, discount_minor,
  tax_minor, schema_version, received_at, data
from hq.pushed_record;

create view hq_view.pushed_revisions as
select store_id, entity, record_id, revision, schema_version, received_at, data from hq.pushed_revision;
