import { entityName } from '@hq-sync/protocol/entity';
import { count, instant } from '@hq-sync/protocol/primitives';
import { z } from 'zod';
import type { Queryable, Transaction } from '../db/database.js';
import { endJobs } from '../sync/resync-end.js';
import { AdminError } from './admin-error.js';
import { audit } from './audit.js';
import type { Change } from './change.js';
import { endpoint, type Actor, type AdminContext } from './endpoint.js';
import { page, pageById, requireCursor } from './page.js';
import { chosenEntities, mayPull } from './pulled-entities.js';
import { requireScope, scope, scopeColumns, scopeOf, type ScopeColumns } from './scope.js';

const maxRunning = 1_000;
const states = ['running', 'paused', 'done', 'cancelled'] as const;

const rollout = z.object({
  rolloutId: z.uuid(),
  scope,
  entities: z.array(entityName),
  maxRunning: z.int().min(1).describe('So many of its jobs run at once.'),
  state: z.enum(states).describe('Paused: jobs that run go on, none starts.'),
  createdAt: instant,
  createdBy: z.string(),
  endedAt: instant.nullable(),
  stores: count,
  queued: count,
  running: count,
  done: count,
  cancelled: count,
  failed: count,
  percent: z.int().min(0).max(100).describe('Of its stores, those whose job has ended.'),
});

const columns = `
  rollout_id as "rolloutId", store_id as "storeId", region, entities, max_running as "maxRunning", state,
  created_at as "createdAt", created_by as "createdBy", ended_at as "endedAt",
  stores, queued, running, done, cancelled, failed, percent`;

const answerOf = ({ storeId, region, ...rest }: Row) => ({ ...rest, scope: scopeOf({ storeId, region }) });
type Row = ScopeColumns & { rolloutId: string };

const params = z.object({ rolloutId: z.uuid() });

export const startRollout = endpoint({
  method: 'post',
  path: '/resync-rollouts',
  role: 'admin',
  summary:
    'Resyncs the stores of a region, or all, so many at a time; each waits for its store when that is offline. Stores with a resync under way, those without a store server, and those that pull none of the entities are left out.',
  body: z.strictObject({
    scope,
    entities: z.array(entityName).min(1).optional(),
    maxRunning: z.int().min(1).max(maxRunning).default(5),
  }),
  status: 201,
  answer: rollout,
  async handle({ pool, publish, startResyncs }, { body, actor, change }) {
    await publish();
    const { rolloutId } = await change(async (tx) => {
      const columnsOfScope = scopeColumns(body.scope);
      await requireScope(tx, columnsOfScope);
      const { storeId, region } = columnsOfScope;
      const entities = await chosenEntities(tx, body.entities, undefined);
      const { rows } = await tx.query<{ rolloutId: string }>(
        `insert into hq.resync_rollout (store_id, region, entities, max_running, created_by)
         values ($1, $2, $3, $4, $5) returning rollout_id as "rolloutId"`,
        [storeId, region, entities, body.maxRunning, actor.name],
      );
      const { rolloutId } = rows[0]!;
      const { rowCount } = await tx.query(addJobs, [rolloutId, storeId, region, entities, actor.name]);
      if (rowCount === 0) throw new AdminError('rollout_empty');
      await audit(tx, actor, 'rollout.start', storeId, { ...body, entities, rolloutId, stores: rowCount });
      return { rolloutId };
    });
    await startResyncs();
    return readRollout(pool, rolloutId);
  },
});

// A store without a server never asks. Two requests at once for the same store: the unique index of active jobs decides.
const addJobs = `
  insert into hq.resync_job (store_id, entities, created_by, rollout_id)
  select s.store_id, p.entities, $5, $1
  from hq.store s join hq.store_connection c using (store_id)
    cross join lateral (select array(select e from unnest($4::text[]) e where ${mayPull('s.store_id', 'e')}) as entities) p
  where s.archived_at is null and p.entities <> '{}' and ($2::text is null or s.store_id = $2) and ($3::text is null or s.region = $3)
    and not exists (
      select from hq.resync_job j where j.store_id = s.store_id and j.state in ('queued', 'running'))
  order by s.store_id
  on conflict do nothing`;

export const listRollouts = endpoint({
  method: 'get',
  path: '/resync-rollouts',
  role: 'viewer',
  summary: 'Rollouts, newest first.',
  query: pageById.extend({ state: z.enum(states).optional() }),
  status: 200,
  answer: z.object({ items: z.array(rollout), next: z.string().nullable() }),
  async handle({ pool }, { query }) {
    await requireCursor(pool, 'hq.resync_rollout', query.after);
    const { rows } = await pool.query<Row>(
      `select ${columns} from hq_view.resync_rollouts
       where ($1::text is null or state = $1)
         and ($2::uuid is null or (created_at, rollout_id) < (
           select created_at, rollout_id from hq.resync_rollout where rollout_id = $2))
       order by created_at desc, rollout_id desc limit $3`,
      [query.state ?? null, query.after ?? null, query.limit + 1],
    );
    return page(rows.map(answerOf), query.limit, ({ rolloutId }) => rolloutId);
  },
});

export const getRollout = endpoint({
  method: 'get',
  path: '/resync-rollouts/{rolloutId}',
  role: 'viewer',
  summary: 'One rollout with its progress; its jobs are in `/resync-jobs?rolloutId=`.',
  params,
  status: 200,
  answer: rollout,
  handle: ({ pool }, { params: { rolloutId } }) => readRollout(pool, rolloutId),
});

const bounds = z.strictObject({
  maxRunning: z.int().min(1).max(maxRunning).optional().describe('Changes the bound from here on.'),
});

export const pauseRollout = endpoint({
  method: 'post',
  path: '/resync-rollouts/{rolloutId}/pause',
  role: 'operator',
  summary: 'Starts no more of its jobs; those that run go on.',
  params,
  status: 200,
  answer: rollout,
  handle: (context, { params: { rolloutId }, ...request }) =>
    act(context, rolloutId, 'pause', request, async (tx) => {
      await tx.query(`update hq.resync_rollout set state = 'paused' where rollout_id = $1`, [rolloutId]);
      return {};
    }),
});

export const resumeRollout = endpoint({
  method: 'post',
  path: '/resync-rollouts/{rolloutId}/resume',
  role: 'operator',
  summary: 'Starts jobs again after a pause.',
  params,
  body: bounds,
  status: 200,
  answer: rollout,
  handle: (context, { params: { rolloutId }, body, ...request }) =>
    act(context, rolloutId, 'resume', request, async (tx) => {
      await tx.query(
        `update hq.resync_rollout set state = 'running', max_running = coalesce($2, max_running) where rollout_id = $1`,
        [rolloutId, body.maxRunning ?? null],
      );
      return body;
    }),
});

export const cancelRollout = endpoint({
  method: 'post',
  path: '/resync-rollouts/{rolloutId}/cancel',
  role: 'operator',
  summary: 'Cancels its jobs, those that wait and those that run.',
  params,
  status: 200,
  answer: rollout,
  handle: (context, { params: { rolloutId }, ...request }) =>
    act(context, rolloutId, 'cancel', request, async (tx) => {
      const { rows } = await tx.query<{ jobId: string }>(
        `select job_id as "jobId" from hq.resync_job where rollout_id = $1 and state in ('queued', 'running')`,
        [rolloutId],
      );
      await endJobs(
        tx,
        rows.map(({ jobId }) => jobId),
        request.actor.name,
      );
      await tx.query(
        `update hq.resync_rollout set state = 'cancelled', ended_at = clock_timestamp() where rollout_id = $1`,
        [rolloutId],
      );
      return { jobs: rows.length };
    }),
});

/**
 * Acts on a rollout that has not ended, and answers how it is then.
 * @param work does it; returns what the audit log says beside the rollout's id.
 */
async function act(
  { pool, startResyncs }: AdminContext,
  rolloutId: string,
  what: 'pause' | 'resume' | 'cancel',
  { actor, change }: { readonly actor: Actor; readonly change: Change },
  work: (tx: Transaction) => Promise<object>,
) {
  await change(async (tx) => {
    await lockActive(tx, rolloutId);
    const detail = await work(tx);
    await audit(tx, actor, `rollout.${what}`, null, { rolloutId, ...detail });
    return { rolloutId };
  });
  // Whatever was done may be another job's turn.
  await startResyncs();
  return readRollout(pool, rolloutId);
}

async function readRollout(db: Queryable, rolloutId: string) {
  const { rows } = await db.query<Row>(
    `select ${columns} from hq_view.resync_rollouts where rollout_id = $1`,
    [rolloutId],
  );
  if (!rows[0]) throw new AdminError('rollout_not_found');
  return answerOf(rows[0]);
}

async function lockActive(tx: Transaction, rolloutId: string): Promise<void> {
  const { rows } = await tx.query<{ active: boolean }>(
    `select state in ('running', 'paused') as active from hq.resync_rollout where rollout_id = $1 for update`,
    [rolloutId],
  );
  if (!rows[0]) throw new AdminError('rollout_not_found');
  if (!rows[0].active) throw new AdminError('rollout_ended');
}
