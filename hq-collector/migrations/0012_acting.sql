-- What people and programs of HQ act with: tags, codes that enrol a store server, tokens that rotate, notes on errors,
-- rollouts of a resync, keys of requests, sessions of the page.

alter table hq.store add column tags text[] not null default '{}';

-- Made by the store server itself in a rotation: pending until it is used for the first time, then the tokens before it
-- have their grace. One that is not used in time lapses, and the others stay.
alter table hq.store_token
  add column pending_until timestamptz,
  add column grace interval,
  add constraint store_token_pending_check check ((pending_until is null) = (grace is null));
-- The token of the present connection, or of the last one.
alter table hq.store_connection add column token_id uuid references hq.store_token;

-- Of rotate_token: for how long the old token works on, and how long the new one does.
alter table hq.store_command add column options jsonb;

create table hq.enrolment_code (
  code_id uuid primary key default gen_random_uuid(),
  store_id text not null references hq.store,
  code_hash bytea not null unique check (octet_length(code_hash) = 32),
  -- Of the token that it is traded for; null: does not expire.
  token_days integer,
  created_at timestamptz not null default clock_timestamp(),
  created_by text not null,
  expires_at timestamptz not null,
  used_at timestamptz,
  used_from text,
  token_id uuid references hq.store_token
);
create index enrolment_code_store on hq.enrolment_code (store_id);

alter table hq.admin_token
  add column created_by text not null default 'first start',
  add column last_used_at timestamptz,
  -- A program that says which person it asks for; its word is believed.
  add column speaks_for_people boolean not null default false;

alter table hq.error_episode
  add column acknowledged_note text,
  add column assigned_to text,
  add column assigned_by text,
  add column assigned_at timestamptz;

alter table hq.quarantined_record add column note text;

-- When the newest pull arrived: one that arrived before it and is done after it changes nothing.
alter table hq.store_pull add column asked_at timestamptz;

-- A resync of many stores, so many at a time.
create table hq.resync_rollout (
  rollout_id uuid primary key default gen_random_uuid(),
  store_id text references hq.store,
  region text,
  entities text[] not null,
  max_running integer not null check (max_running > 0),
  state text not null default 'running' check (state in ('running', 'paused', 'done', 'cancelled')),
  created_at timestamptz not null default clock_timestamp(),
  created_by text not null,
  ended_at timestamptz,
  check (store_id is null or region is null)
);
create index resync_rollout_active on hq.resync_rollout (state) where state in ('running', 'paused');
alter table hq.resync_job add column rollout_id uuid references hq.resync_rollout;
create index resync_job_rollout on hq.resync_job (rollout_id) where rollout_id is not null;

-- What was answered to a request, so that the same one sent again is answered and not done again.
create table hq.idempotency_key (
  actor text not null,
  key text not null,
  fingerprint bytea not null,
  -- As it was sent, to the byte; null where it held a secret.
  answer json,
  created_at timestamptz not null default clock_timestamp(),
  primary key (actor, key)
);
create index idempotency_key_created on hq.idempotency_key (created_at);

create table hq.page_session (
  secret_hash bytea primary key check (octet_length(secret_hash) = 32),
  token_id uuid not null references hq.admin_token on delete cascade,
  created_at timestamptz not null default clock_timestamp(),
  expires_at timestamptz not null
);

create index audit_log_actor on hq.audit_log (actor, audit_id desc);

-- A set whose only record waits for its publication is not empty: a store that leaves it is told.
create or replace function hq.set_has_records(entity text, store_set text) returns boolean
language sql stable security definer set search_path = ''
as $$
  select exists (
    select from hq.hq_record r where r.entity = $1 and r.store_set = $2 and r.position is not null
  ) or exists (
    select from hq.hq_pointer p where p.entity = $1 and p.store_set = $2 and p.position is not null
  ) or exists (
    select from hq.hq_record r where r.entity = $1 and r.store_set = $2 and r.position is null
  )
$$;
drop index hq.hq_record_unpublished;
create index hq_record_unpublished on hq.hq_record (entity, store_set) where position is null;

-- The opening and closing times of a day: those of its holiday (of the store, else of its region, else of all), else of
-- its weekday.
create function hq.hours_on(store hq.store, on_day date, holidays boolean) returns jsonb
language plpgsql stable security definer set search_path = pg_catalog
as $$
declare
  hours jsonb;
begin
  if holidays then
    select h.hours into hours from hq.holiday h
    where h.day = on_day
      and (h.store_id = store.store_id or h.region = store.region or (h.store_id is null and h.region is null))
    order by h.store_id nulls last, h.region nulls last
    limit 1;
  end if;
  return coalesce(hours, case
    when store.opening_hours is null then '[["00:00", "24:00"]]'
    else store.opening_hours -> lower(to_char(on_day, 'dy'))
  end, '[]');
end
$$;

create or replace function hq.is_open(store hq.store, at timestamptz) returns boolean
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
    hours := hq.hours_on(store, on_day, holidays);
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

-- When the store opens next after that time; null when it is always open, or not within two weeks.
create function hq.next_opening(store hq.store, at timestamptz) returns timestamptz
language plpgsql stable security definer set search_path = pg_catalog
as $$
declare
  today constant date := (at at time zone store.timezone)::date;
  opens_at timestamptz;
  earliest timestamptz;
  hours jsonb;
begin
  if store.opening_hours is null then
    return null;
  end if;
  for days_ahead in 0..14 loop
    hours := hq.hours_on(store, today + days_ahead, true);
    for i in 0..jsonb_array_length(hours) - 1 loop
      opens_at := (today + days_ahead + (hours -> i ->> 0)::time) at time zone store.timezone;
      if opens_at > at and (earliest is null or opens_at < earliest) then
        earliest := opens_at;
      end if;
    end loop;
    exit when earliest is not null;
  end loop;
  return earliest;
end
$$;

create or replace view hq_view.error_episodes as
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
  acknowledged_by,
  acknowledged_note,
  assigned_to,
  assigned_by,
  assigned_at
from hq.error_episode;

create or replace view hq_view.quarantined_records as
select
  quarantine_id, store_id, entity, record_id, revision, code, message, schema_version, content, received_at, times, state,
  resolved_at, resolved_by, note
from hq.quarantined_record;

-- in_use: the present connection of the store came in with it, or the last one did.
create or replace view hq_view.store_tokens as
select
  t.token_id,
  t.store_id,
  case
    when t.revoked_at is not null then 'revoked'
    when t.expires_at <= clock_timestamp() then 'expired'
    when t.superseded_at <= clock_timestamp() then 'superseded'
    when t.pending_until <= clock_timestamp() then 'lapsed'
    when t.pending_until is not null then 'pending'
    else 'active'
  end as state,
  t.created_at,
  t.created_by,
  t.expires_at,
  t.revoked_at,
  t.superseded_at,
  t.first_used_at,
  t.last_used_at,
  t.pending_until,
  coalesce(c.token_id = t.token_id, false) as in_use,
  row_number() over (
    partition by t.store_id order by (t.pending_until is not null), t.created_at desc
  ) = 1 as newest
from hq.store_token t
left join hq.store_connection c using (store_id);

create or replace view hq_view.resync_jobs as
select
  j.job_id,
  j.store_id,
  j.entities,
  j.state,
  j.message,
  j.created_at,
  j.created_by,
  j.started_at,
  j.ended_at,
  e.records_total,
  e.records_confirmed,
  case
    when j.state = 'done' then 100
    when e.records_total > 0 then floor(100.0 * e.records_confirmed / e.records_total)
    else 0
  end::integer as percent,
  e.progressed_at,
  j.rollout_id
from hq.resync_job j
cross join lateral (
  select
    coalesce(sum(records_total), 0)::bigint as records_total,
    coalesce(sum(records_confirmed), 0)::bigint as records_confirmed,
    -- Null until the job starts to run.
    max(progressed_at) as progressed_at
  from hq.resync_entity where job_id = j.job_id
) e;

-- percent: of the stores, by jobs that have ended.
create view hq_view.resync_rollouts as
select
  r.rollout_id,
  r.store_id,
  r.region,
  r.entities,
  r.max_running,
  r.state,
  r.created_at,
  r.created_by,
  r.ended_at,
  j.stores,
  j.queued,
  j.running,
  j.done,
  j.cancelled,
  j.failed,
  case when j.stores = 0 then 100 else floor(100.0 * (j.done + j.cancelled + j.failed) / j.stores) end::integer as percent
from hq.resync_rollout r
cross join lateral (
  select
    count(*) as stores,
    count(*) filter (where state = 'queued') as queued,
    count(*) filter (where state = 'running') as running,
    count(*) filter (where state = 'done') as done,
    count(*) filter (where state = 'cancelled') as cancelled,
    count(*) filter (where state = 'failed') as failed
  from hq.resync_job where rollout_id = r.rollout_id
) j;
