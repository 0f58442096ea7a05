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
  });
  // Each by itself and in pieces: what cannot be deleted today must not keep tomorrow's partitions from being made.
  for (const statement of deletions) await deleteInPieces(pool, statement, retention);
}

/** Rows that one statement of the maintenance deletes at most: well under its time. */
const rowsPerPiece = 50_000;

async function deleteInPieces(pool: Pool, statement: string, retention: Retention): Promise<void> {
  for (;;) {
    const { rows } = await pool.query<{ deleted: number }>(statement, [
      retention.errorDays,
      retention.tombstoneDays,
      rowsPerPiece,
    ]);
    if ((rows[0]?.deleted ?? 0) < rowsPerPiece) return;
  }
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

const old = `with days as (select now() - $1::integer * interval '1 day' as errors, now() - $2::integer * interval '1 day' as tombstones)`;

const pieces = (table: string, key: string, condition: string): string => `
  ${old}, piece as (select ${key} from hq.${table}, days where ${condition} limit $3),
  gone as (delete from hq.${table} t using piece where t.${key} = piece.${key} returning 1)
  select count(*) as deleted from gone`;

/** Each returns how many rows it has deleted, at most `$3`. */
const deletions: readonly string[] = [
  pieces('error_episode', 'episode_id', 'resolved_at < days.errors'),
  pieces('auth_failure', 'ctid', 'hour < days.errors'),
  pieces('store_report', 'ctid', 'received_at < days.errors'),
  pieces('upload_line', 'ctid', "received_at < now() - interval '1 day'"),
  pieces('idempotency_key', 'ctid', "created_at < now() - interval '1 day'"),
  pieces('page_session', 'ctid', 'expires_at < now()'),
  // A job goes with its parts and its commands, answered or not.
  `${old}, piece as (select job_id from hq.resync_job, days where ended_at < days.errors limit $3),
  entities as (delete from hq.resync_entity e using piece where e.job_id = piece.job_id),
  commands as (delete from hq.store_command c using piece where c.job_id = piece.job_id),
  gone as (delete from hq.resync_job j using piece where j.job_id = piece.job_id returning 1)
  select count(*) as deleted from gone`,
  pieces('store_command', 'command_id', 'job_id is null and done_at < days.errors'),
  pieces(
    'collector',
    'replica_id',
    `lease_until < now() - interval '1 day' and not exists (
      select from hq.store_connection c where c.replica_id = collector.replica_id and c.connection_id is not null)`,
  ),
  // What counts what a store lacks, and what knows a cursor: the newest of each stays.
  ...['set_publication', 'publication'].map((table) =>
    pieces(
      table,
      'ctid',
      `published_at < days.tombstones and exists (
        select from hq.${table} n where n.entity = ${table}.entity and n.head > ${table}.head
          ${table === 'set_publication' ? 'and n.store_set = set_publication.store_set' : ''})`,
    ),
  ),
  // A cursor before what is forgotten has to start over. What waits for its publication is no tombstone yet.
  ...['hq_record', 'hq_pointer', 'store_set_change'].map(
    (table) => `${old}, piece as (
      select ctid from hq.${table}, days
      where position is not null and changed_at < days.tombstones ${table === 'hq_record' ? 'and deleted' : ''} limit $3
    ), gone as (
      delete from hq.${table} t using piece where t.ctid = piece.ctid returning entity, position
    ), forgotten as (
      update hq.entity_head h set forgotten = greatest(h.forgotten, g.position)
      from (select entity, max(position) as position from gone group by entity) g where h.entity = g.entity
    )
    select count(*) as deleted from gone`,
  ),
];
