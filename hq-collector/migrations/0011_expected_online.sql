-- When a store is expected to be online: by its opening hours, the holidays, and the maintenance windows that people set.

-- Hours of one day that differ from those of the week: of a store, of a region, or of all.
create table hq.holiday (
  holiday_id uuid primary key default gen_random_uuid(),
  day date not null,
  name text not null,
  store_id text references hq.store,
  region text,
  -- Opening and closing as in the opening hours of a store; [] is closed.
  hours jsonb not null default '[]',
  created_at timestamptz not null default clock_timestamp(),
  created_by text not null,
  check (store_id is null or region is null)
);
create unique index holiday_day on hq.holiday (day, coalesce(store_id, ''), coalesce(region, ''));

-- A time in which a store, a region or all are not expected to be online, whatever their hours.
create table hq.maintenance_window (
  window_id uuid primary key default gen_random_uuid(),
  store_id text references hq.store,
  region text,
  starts_at timestamptz not null,
  ends_at timestamptz not null,
  reason text not null,
  created_at timestamptz not null default clock_timestamp(),
  created_by text not null,
  -- Ended by a person before its time.
  ended_at timestamptz,
  ended_by text,
  check (store_id is null or region is null),
  check (ends_at > starts_at)
);
create index maintenance_window_ends on hq.maintenance_window (ends_at);

-- In plpgsql, whose plain expressions cost a tenth of a statement: it is asked for every store every few seconds. As their
-- owner, because who may read a view may not read the tables that a function in it asks.
-- Yesterday's hours count while they run past midnight. Hours of a holiday: of the store, else of its region, else of all.
create function hq.is_open(store hq.store, at timestamptz) returns boolean
language plpgsql stable security definer set search_path = pg_catalog
as $$
declare
  local constant timestamp := at at time zone store.timezone;
  holidays constant boolean := exists (select from hq.holiday where day in (local::date, local::date - 1));
  on_day date;
  hours jsonb;
  opens time;
  closes time;
begin
  if store.opening_hours is null and not holidays then
    return true;
  end if;
  for days_ago in 0..1 loop
    on_day := local::date - days_ago;
    hours := null;
    if holidays then
      select h.hours into hours from hq.holiday h
      where h.day = on_day
        and (h.store_id = store.store_id or h.region = store.region or (h.store_id is null and h.region is null))
      order by h.store_id nulls last, h.region nulls last
      limit 1;
    end if;
    hours := coalesce(hours, case
      when store.opening_hours is null then '[["00:00", "24:00"]]'
      else store.opening_hours -> lower(to_char(on_day, 'dy'))
    end, '[]');
    for i in 0..jsonb_array_length(hours) - 1 loop
      opens := hours -> i ->> 0;
      closes := hours -> i ->> 1;
      if local >= on_day + opens and local < on_day + (closes <= opens)::integer + closes then
        return true;
      end if;
    end loop;
  end loop;
  return false;
end
$$;

create function hq.in_maintenance(store hq.store, at timestamptz) returns boolean
language plpgsql stable security definer set search_path = pg_catalog
as $$
begin
  return exists (
    select from hq.maintenance_window w
    where w.ends_at > at and w.starts_at <= at and (w.ended_at is null or w.ended_at > at)
      and (w.store_id = store.store_id or w.region = store.region or (w.store_id is null and w.region is null))
  );
end
$$;

create function hq.expected_online(store hq.store, at timestamptz) returns boolean
language plpgsql stable security definer set search_path = pg_catalog
as $$
begin
  return hq.is_open(store, at) and not hq.in_maintenance(store, at);
end
$$;

-- Maintenance windows, those to come and those that were; active says of each whether it is on now.
create view hq_view.maintenance_windows as
select
  w.window_id,
  w.store_id,
  w.region,
  w.starts_at,
  coalesce(w.ended_at, w.ends_at) as ends_at,
  w.reason,
  w.created_at,
  w.created_by,
  w.ended_by,
  w.starts_at <= hq.hq_now() and coalesce(w.ended_at, w.ends_at) > hq.hq_now() as active
from hq.maintenance_window w;

create view hq_view.holidays as
select holiday_id, day, name, store_id, region, hours, created_at, created_by from hq.holiday;

create or replace view hq_view.stores as
select
  s.store_id,
  s.name,
  s.region,
  s.timezone,
  s.currency,
  st.status,
  st.reason,
  st.since as status_since,
  hq.expected_online(s, (select hq.hq_now())) as expected_online,
  st.status = 'connected'
    and coalesce(least(c.oldest_pending_at, b.pending_since) >= st.data_as_of - interval '5 minutes', true) as synced,
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
  st.data_as_of,
  coalesce(b.pending_changes, 0) as pull_pending_changes,
  b.pending_since as pull_pending_since,
  hq.in_maintenance(s, (select hq.hq_now())) as in_maintenance
from hq.store s
join hq_view.store_status st using (store_id)
cross join lateral (select hq.business_date((select hq.hq_now()), s.timezone, s.day_cutover) as business_date) d
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
left join (
  select store_id, sum(pending_changes)::bigint as pending_changes, min(pending_since) as pending_since
  from hq_view.pull_backlog group by store_id
) b using (store_id)
left join hq.activity a
  on a.store_id = s.store_id and a.business_date = d.business_date and a.currency = s.currency;

drop function hq.is_open(jsonb, text, timestamptz);
