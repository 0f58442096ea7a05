-- Resync jobs say when they last came forward, so that one that stands still can be told from one that is slow.

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
  e.progressed_at
from hq.resync_job j
cross join lateral (
  select
    coalesce(sum(records_total), 0)::bigint as records_total,
    coalesce(sum(records_confirmed), 0)::bigint as records_confirmed,
    -- Null until the job starts to run.
    max(progressed_at) as progressed_at
  from hq.resync_entity where job_id = j.job_id
) e;
