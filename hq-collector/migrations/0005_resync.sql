-- Resyncs: a store reads everything of some entities again. The job outlives processes and connections.

create table hq.resync_job (
  job_id uuid primary key default gen_random_uuid(),
  store_id text not null references hq.store,
  entities text[] not null,
  -- queued: waits for its store to be connected and for its turn; running: the store was told
  state text not null default 'queued' check (state in ('queued', 'running', 'done', 'cancelled', 'failed')),
  message text,
  created_at timestamptz not null default clock_timestamp(),
  created_by text not null,
  started_at timestamptz,
  ended_at timestamptz
);
create unique index resync_job_active on hq.resync_job (store_id) where state in ('queued', 'running');
create index resync_job_queued on hq.resync_job (created_at) where state in ('queued', 'running');

-- Progress of a job, entity by entity, against what the store had to get when the job started to run.
create table hq.resync_entity (
  job_id uuid not null references hq.resync_job,
  entity text not null references hq.entity,
  -- Head when the job started; the store has been through when it has confirmed a whole reading up to here.
  scan_end bigint not null,
  records_total bigint not null,
  -- The store has thrown its cursor away and begun.
  begun boolean not null default false,
  -- Confirmed by the store; never falls, and never rises over the total.
  records_confirmed bigint not null default 0,
  done boolean not null default false,
  primary key (job_id, entity)
) with (fillfactor = 80);

alter table hq.store_pull
  -- Records that this reading from the start has brought, all confirmed.
  add column scanned_records bigint not null default 0;

alter table hq.store_command
  add column entities text[],
  -- Of the resync that this command starts or cancels.
  add column job_id uuid references hq.resync_job;
create index store_command_job on hq.store_command (job_id) where job_id is not null;

create view hq_view.resync_jobs as
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
  end::integer as percent
from hq.resync_job j
cross join lateral (
  select coalesce(sum(records_total), 0)::bigint as records_total, coalesce(sum(records_confirmed), 0)::bigint as records_confirmed
  from hq.resync_entity where job_id = j.job_id
) e;
