-- What dashboards read beside the other views. Their reader may use schema hq_view and nothing else.

-- Views run their functions as whoever reads the view; these two read tables, so they run as their owner.
alter function hq.hq_now() security definer set search_path = '';
alter function hq.set_has_records(text, text) security definer set search_path = '';

-- Whole-chain figures of a business date; only totals of a day change, so updates stay in place.
create index activity_business_date on hq.activity (business_date);

-- Decimals of a currency's major unit, by ISO 4217.
create function hq_view.minor_digits(currency text) returns integer
language sql immutable strict parallel safe
as $$
  select case
    when currency in ('BIF', 'CLP', 'DJF', 'GNF', 'ISK', 'JPY', 'KMF', 'KRW', 'PYG', 'RWF', 'UGX', 'UYI', 'VND', 'VUV',
      'XAF', 'XOF', 'XPF') then 0
    when currency in ('BHD', 'IQD', 'JOD', 'KWD', 'LYD', 'OMR', 'TND') then 3
    when currency in ('CLF', 'UYW') then 4
    else 2
  end
$$;

-- An amount of minor units as people write it: 123456 of USD is $1,234.56, of JPY ¥123,456, of CHF CHF 1,234.56.
create function hq_view.money(minor numeric, currency text) returns text
language sql immutable strict parallel safe
as $$
  select case when minor < 0 then '-' else '' end
    || case currency
      when 'USD' then '$' when 'EUR' then '€' when 'GBP' then '£' when 'JPY' then '¥' when 'CAD' then 'CA$'
      when 'AUD' then 'A$' when 'NZD' then 'NZ$' when 'MXN' then 'MX$' when 'BRL' then 'R$' when 'CNY' then 'CN¥'
      when 'HKD' then 'HK$' when 'TWD' then 'NT$' when 'KRW' then '₩' when 'INR' then '₹' when 'ILS' then '₪'
      when 'PHP' then '₱' when 'VND' then '₫'
      else currency || chr(160)
    end
    || to_char(
      abs(minor) / power(10::numeric, hq_view.minor_digits(currency)),
      'FM999,999,999,999,999,999,999,999,990'
        || case hq_view.minor_digits(currency) when 0 then '' else '.' || repeat('0', hq_view.minor_digits(currency)) end)
$$;

-- The stores that HQ knows, without their state: cheap, and there while no collector is.
create view hq_view.store_registry as
select
  s.store_id,
  s.name,
  s.region,
  s.timezone,
  s.currency,
  c.store_id is not null as has_server,
  c.agent_version,
  c.schema_version
from hq.store s
left join hq.store_connection c using (store_id)
where s.archived_at is null;

-- The list of stores with what a person is told of each: hq_view.stores, and by which severity it is sorted.
create view hq_view.store_board as
select
  s.store_id,
  s.name,
  s.region,
  s.timezone,
  s.currency,
  s.status,
  coalesce(a.attention, s.reason) as reason,
  s.status_since,
  o.expected_online,
  s.synced,
  w.stale,
  case
    when s.status = 'disconnected' and not o.expected_online then 2
    when s.reason in ('heartbeat lost', 'collector lost') then 1
    when s.status = 'disconnected' then 0
    when s.status = 'unknown' then 3
    when s.status = 'never_connected' then 7
    when s.status = 'no_server' then 9
    when a.failing then 4
    when a.attention is not null then 5
    when s.reason is not null then 6
    else 8
  end as severity,
  s.last_sync_at,
  s.pending_records,
  s.pull_pending_changes,
  s.errors_open,
  s.quarantined_records,
  s.business_date,
  s.sales_count,
  s.gross_minor,
  s.tax_minor,
  s.discount_minor,
  s.void_count,
  s.void_minor,
  s.open_registers,
  s.last_sale_at,
  s.agent_version,
  s.schema_version,
  s.data_as_of
from hq_view.stores s
-- Opening hours are the dearest of all: `offset 0` has them worked out once for each store, not wherever they are named.
cross join lateral (select s.expected_online offset 0) o
cross join lateral (
  select s.status = 'connected'
    and coalesce(greatest(s.last_sync_at, s.status_since) < s.data_as_of - interval '10 minutes', false) as stale
) w
cross join lateral (
  select
    s.schema_compatible is false or s.quarantined_records > 0 or s.errors_open > 0 or s.withheld_records > 0 as failing,
    case
      when s.status <> 'connected' then null
      when s.schema_compatible is false then 'schema ' || s.schema_version || ' refused'
      when s.quarantined_records > 0 then s.quarantined_records || ' quarantined'
      when s.errors_open > 0 then 'sync errors'
      when s.withheld_records > 0 then s.withheld_records || ' too large to send'
      when not s.synced and s.oldest_pending_at < s.data_as_of - interval '5 minutes' then 'queue is behind'
      when not s.synced then 'pulls are behind'
      when w.stale then 'no sync for 10 min'
    end as attention
) a;

-- Each store's own today, in every currency that it sold in.
create view hq_view.trade_today as
select
  s.store_id,
  s.name,
  s.region,
  a.business_date,
  a.currency,
  a.sales_count,
  a.gross_minor,
  a.tax_minor,
  a.discount_minor,
  a.void_count,
  a.void_minor,
  a.return_count,
  a.return_minor
from (select business_now from hq_view.headquarters offset 0) h
cross join hq.store s
-- Known before the totals are looked for, so that the key finds them: else every day of every store is read.
cross join lateral (select hq.business_date(h.business_now, s.timezone, s.day_cutover) as business_date offset 0) d
join hq.activity a on a.store_id = s.store_id and a.business_date = d.business_date
where s.archived_at is null;

-- Tokens of the stores, never their secrets nor what is kept of them.
create view hq_view.store_tokens as
select
  token_id,
  store_id,
  case
    when revoked_at is not null then 'revoked'
    when expires_at <= clock_timestamp() then 'expired'
    when superseded_at <= clock_timestamp() then 'superseded'
    else 'active'
  end as state,
  created_at,
  created_by,
  expires_at,
  revoked_at,
  superseded_at,
  first_used_at,
  last_used_at
from hq.store_token;

-- What people and resyncs did to a store, for marks on a time line. Connections and versions over time are in the metrics.
create view hq_view.store_events as
select at, store_id, action as event, actor, null::text as detail
from hq.audit_log where store_id is not null and action <> 'resync.force'
union all
select created_at, store_id, 'resync.force', created_by, array_to_string(entities, ', ') from hq.resync_job
union all
select started_at, store_id, 'resync.started', null, array_to_string(entities, ', ') from hq.resync_job where started_at is not null
union all
select ended_at, store_id, 'resync.' || state, null, message from hq.resync_job where ended_at is not null;
