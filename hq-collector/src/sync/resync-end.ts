import type { Transaction } from '../db/database.js';
import { hintStoreChanged } from '../fleet/watch.js';

/** Cancels those of the jobs that are queued or running; the stores that have begun are told to stop. */
export async function endJobs(tx: Transaction, jobIds: readonly string[], by: string): Promise<void> {
  // The command before its job, as the store's own answer to it locks them.
  await tx.query(
    'select from hq.store_command where command_id = any($1::uuid[]) order by command_id for update',
    [jobIds],
  );
  await tx.query(cancelJobs, [jobIds, by]);
  await tx.query(hintStoreChanged);
}

const cancelJobs = `
  with ending as (
    select job_id, store_id, entities, state from hq.resync_job
    where job_id = any($1::uuid[]) and state in ('queued', 'running') order by job_id for update
  ), ended as (
    update hq.resync_job j set state = 'cancelled', ended_at = clock_timestamp() from ending where j.job_id = ending.job_id
  ), silenced as (
    update hq.store_command c set done_at = clock_timestamp(), outcome = 'cancelled'
    from ending where c.command_id = ending.job_id and c.done_at is null
  )
  insert into hq.store_command (store_id, command, created_by, entities, job_id)
  select store_id, 'cancel_resync', $2, entities, job_id from ending where state = 'running'`;
