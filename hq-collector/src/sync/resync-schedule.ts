import type { Pool } from '../db/database.js';
import { withTransaction } from '../db/database.js';
import { hintStoreChanged } from '../fleet/watch.js';

/** Any number, the same for ever: whoever holds this advisory lock starts the jobs. */
const scheduleLockKey = 7_316_003;

/**
 * Starts queued jobs of connected stores, oldest first, as long as fewer than `maxRunning` connected stores have one that
 * has made progress within `stallMs`: fixes what the store has to get, and leaves it the command. One collector at a
 * time; the others return at once.
 * @returns how many it started.
 */
export async function startQueuedResyncs(pool: Pool, maxRunning: number, stallMs: number): Promise<number> {
  return withTransaction(pool, async (tx) => {
    const { rows } = await tx.query<{ mine: boolean }>('select pg_try_advisory_xact_lock($1) as mine', [
      scheduleLockKey,
    ]);
    if (!rows[0]?.mine) return 0;
    await tx.query(endComplete);
    await tx.query(endRollouts);
    const { rows: started } = await tx.query<{ job_id: string }>(startJobs, [maxRunning, stallMs]);
    const jobIds = started.map((row) => row.job_id);
    if (jobIds.length === 0) return 0;
    await tx.query(fixTotals, [jobIds]);
    await tx.query(leaveCommands, [jobIds]);
    await tx.query(hintStoreChanged);
    return jobIds.length;
  });
}

/** Two entities that are confirmed at the same moment each see the other one open. */
const endComplete = `
  update hq.resync_job j set state = 'done', ended_at = clock_timestamp()
  where state = 'running' and not exists (select from hq.resync_entity e where e.job_id = j.job_id and not e.done)`;

const endRollouts = `
  update hq.resync_rollout r set state = 'done', ended_at = clock_timestamp()
  where state in ('running', 'paused') and not exists (
    select from hq.resync_job j where j.rollout_id = r.rollout_id and j.state in ('queued', 'running'))`;

// A rollout has its own bound below that of all, which a store that is away for a moment does not widen: after a restart
// of HQ its jobs come back. A job that makes no progress for long takes no place in either.
const startJobs = `
  with connected as materialized (select store_id from hq_view.store_status where status = 'connected'),
  progressing as materialized (
    select j.rollout_id, j.store_id from hq.resync_job j
    where state = 'running' and exists (
      select from hq.resync_entity e
      where e.job_id = j.job_id and e.progressed_at > clock_timestamp() - $2 * interval '1 ms')
  ), waiting as (
    select j.job_id, j.created_at, row_number() over (partition by j.rollout_id order by j.created_at, j.job_id) as turn,
      case when j.rollout_id is not null then r.max_running - (select count(*) from progressing p where p.rollout_id = j.rollout_id) end as places
    from hq.resync_job j join connected using (store_id) left join hq.resync_rollout r using (rollout_id)
    where j.state = 'queued' and (r.state is null or r.state = 'running')
  ), next as (
    select job_id from waiting where places is null or turn <= places
    order by created_at, job_id
    limit greatest(0, $1 - (select count(*) from progressing join connected using (store_id)))
  )
  update hq.resync_job j set state = 'running', started_at = clock_timestamp() from next where j.job_id = next.job_id
  returning j.job_id`;

const fixTotals = `
  insert into hq.resync_entity (job_id, entity, scan_end, records_total)
  select j.job_id, e.entity, coalesce(h.head, 0), (
    select count(*) from hq.hq_record r
    where r.entity = e.entity and not r.deleted and r.position <= h.head
      and (r.store_set = 'all' or r.store_set in (select store_set from hq.store_set_member m where m.store_id = j.store_id)))
  from hq.resync_job j
  cross join lateral unnest(j.entities) as e(entity)
  left join hq.entity_head h on h.entity = e.entity
  where j.job_id = any($1::uuid[])`;

// The job's id is the command's: an agent that has carried it out knows it again.
const leaveCommands = `
  insert into hq.store_command (command_id, store_id, command, created_by, entities, job_id)
  select job_id, store_id, 'resync', created_by, entities, job_id from hq.resync_job where job_id = any($1::uuid[])`;
