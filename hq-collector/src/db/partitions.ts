import type { Pool } from './database.js';
import { withTransaction } from './database.js';

/** Days that have their partition ahead of time; a maintenance may fail this long before rows go to the default one. */
const daysAhead = 7;
/** Any number, the same for ever: whoever holds this advisory lock maintains the partitions. */
const maintenanceLockKey = 7_316_002;

export interface Retention {
  readonly logDays: number;
  readonly errorDays: number;
  readonly tombstoneDays: number;
}

/**
 * Makes the daily partitions of the sync log and of errors ahead of time and drops those past their retention; also
 * removes what is older than the error retention from the small tables beside them. One collector at a time; the
 * others return at once.
 */
export async function maintainPartitions(pool: Pool, retention: Retention): Promise<void> {
  await withTransaction(pool, async (tx) => {
    const { rows } = await tx.query<{ mine: boolean }>('select pg_try_advisory_xact_lock($1) as mine', [
      maintenanceLockKey,
    ]);
    if (!rows[0]?.mine) return;
    for (const [table, keepDays] of [
      ['sync_log', retention.logDays],
      ['sync_error', retention.errorDays],
    ] as const) {
      const { rows: todo } = await tx.query<{ statement: string }>(partitionStatements, [
        table,
        daysAhead,
        keepDays,
      ]);
      for (const { statement } of todo) await tx.query(statement);
    }
    await tx.query(pruneOldRows, [retention.errorDays]);
    await tx.query(forgetTombstones, [retention.tombstoneDays]);
    await tx.query("delete from hq.upload_line where received_at < now() - interval '1 day'");
  });
}

// Days are UTC: the log is ordered by HQ's clock, not by any store's.
const partitionStatements = `
  with days as (
    select (now() at time zone 'utc')::date + d as day from generate_series(-1, $2::integer) d
  ), existing as (
    select c.relname, to_date(right(c.relname, 8), 'YYYYMMDD') as day
    from pg_inherits i
    join pg_class c on c.oid = i.inhrelid
    where i.inhparent = ('hq.' || $1::text)::regclass and c.relname ~ '_\\d{8}$'
  )
  select format('create table hq.%I partition of hq.%I for values from (%L) to (%L)',
    $1 || to_char(day, '_YYYYMMDD'), $1, day || ' 00:00+00', (day + 1) || ' 00:00+00') as statement
  from days where day not in (select day from existing)
  union all
  select format('drop table hq.%I', relname)
  from existing where day < (now() at time zone 'utc')::date - $3::integer`;

// A cursor before what is forgotten has to start over. Positions that waited unpublished are no tombstones yet.
const forgetTombstones = `
  with old as (select now() - $1 * interval '1 day' as before),
  records as (
    delete from hq.hq_record using old where deleted and position is not null and changed_at < old.before
    returning entity, position
  ), pointers as (
    delete from hq.hq_pointer using old where position is not null and changed_at < old.before
    returning entity, position
  ), gone as (
    select entity, max(position) as position from (table records union all table pointers) one group by entity
  )
  update hq.entity_head h set forgotten = greatest(h.forgotten, gone.position) from gone where h.entity = gone.entity`;

const pruneOldRows = `
  with old as (select now() - $1 * interval '1 day' as before),
  episodes as (delete from hq.error_episode using old where resolved_at < old.before),
  commands as (delete from hq.store_command using old where done_at < old.before),
  resyncs as (delete from hq.resync_job using old where ended_at < old.before returning job_id),
  resync_entities as (delete from hq.resync_entity e using resyncs where e.job_id = resyncs.job_id),
  reports as (delete from hq.store_report using old where received_at < old.before),
  strangers as (delete from hq.auth_failure using old where hour < old.before)
  delete from hq.collector using old where lease_until < now() - interval '1 day'
    and not exists (select from hq.store_connection c where c.replica_id = collector.replica_id and c.connection_id is not null)`;
