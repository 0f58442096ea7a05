import { entityName } from '@hq-sync/protocol/entity';
import { count, id, instant } from '@hq-sync/protocol/primitives';
import { z } from 'zod';
import type { Transaction } from '../db/database.js';
import { endJobs } from '../sync/resync-end.js';
import { resyncStates } from '../sync/resync-state.js';
import { AdminError } from './admin-error.js';
import { audit } from './audit.js';
import { endpoint } from './endpoint.js';
import { chosenEntities } from './pulled-entities.js';
import { page, pageById, requireCursor } from './page.js';
import { lockLivingStore, storeParams } from './stores.js';

const job = z.object({
  jobId: z.uuid(),
  storeId: id,
  entities: z.array(entityName),
  state: z.enum(resyncStates),
  message: z.string().nullable(),
  createdAt: instant,
  createdBy: z.string(),
  startedAt: instant.nullable(),
  endedAt: instant.nullable(),
  recordsTotal: count.describe('What the store had to get when the job started; 0 while it is queued.'),
  recordsConfirmed: count,
  percent: z.int().min(0).max(100),
  rolloutId: z.uuid().nullable().describe('Of the rollout that it is part of.'),
});

const columns = `
  job_id as "jobId", store_id as "storeId", entities, state, message, created_at as "createdAt", created_by as "createdBy",
  started_at as "startedAt", ended_at as "endedAt", records_total as "recordsTotal", records_confirmed as "recordsConfirmed", percent, rollout_id as "rolloutId"`;

export const forceResync = endpoint({
  method: 'post',
  path: '/stores/{storeId}/resync',
  role: 'operator',
  summary:
    'The store reads everything of these entities again, all that it pulls when none is named. It waits for the store when that is offline. Asked again while it is under way, the answer is the job that is; other entities get 409.',
  params: storeParams,
  body: z.strictObject({ entities: z.array(entityName).min(1).optional() }),
  status: 201,
  answer: job,
  async handle(context, { params: { storeId }, body, actor, change }) {
    const { pool, publish } = context;
    // What has been committed belongs to the resync, published or not.
    await publish();
    const { jobId } = await change(async (tx) => {
      await lockLivingStore(tx, storeId);
      await refuseWithoutServer(tx, storeId);
      const entities = await chosenEntities(tx, body.entities, storeId);
      const active = await activeJob(tx, storeId);
      if (active) {
        if (entities.every((entity) => active.entities.includes(entity))) return { jobId: active.jobId };
        throw new AdminError('resync_active', { detail: `Job ${active.jobId} is under way.` });
      }
      const { rows } = await tx.query<{ jobId: string }>(
        `insert into hq.resync_job (store_id, entities, created_by) values ($1, $2, $3) returning job_id as "jobId"`,
        [storeId, entities, actor.name],
      );
      await audit(tx, actor, 'resync.force', storeId, { entities, jobId: rows[0]!.jobId });
      return { jobId: rows[0]!.jobId };
    });
    await context.startResyncs();
    const { rows } = await pool.query<object>(
      `select ${columns} from hq_view.resync_jobs where job_id = $1`,
      [jobId],
    );
    return rows[0];
  },
});

export const listResyncs = endpoint({
  method: 'get',
  path: '/resync-jobs',
  role: 'viewer',
  summary: 'Resync jobs, newest first.',
  query: pageById.extend({
    storeId: id.optional(),
    rolloutId: z.uuid().optional(),
    state: z.enum(resyncStates).optional(),
  }),
  status: 200,
  answer: z.object({ items: z.array(job), next: z.string().nullable() }),
  async handle({ pool }, { query }) {
    await requireCursor(pool, 'hq.resync_job', query.after);
    const { rows } = await pool.query<Record<string, unknown>>(
      `select ${columns} from hq_view.resync_jobs
       where ($1::text is null or store_id = $1) and ($2::text is null or state = $2)
         and ($3::uuid is null or (created_at, job_id) < (select created_at, job_id from hq.resync_job where job_id = $3))
         and ($5::uuid is null or rollout_id = $5)
       order by created_at desc, job_id desc limit $4`,
      [
        query.storeId ?? null,
        query.state ?? null,
        query.after ?? null,
        query.limit + 1,
        query.rolloutId ?? null,
      ],
    );
    return page(rows, query.limit, (row) => String(row['jobId']));
  },
});

const jobParams = z.object({ jobId: z.uuid() });

export const getResync = endpoint({
  method: 'get',
  path: '/resync-jobs/{jobId}',
  role: 'viewer',
  summary: 'One resync job with its progress.',
  params: jobParams,
  status: 200,
  answer: job,
  async handle({ pool }, { params: { jobId } }) {
    const { rows } = await pool.query<object>(
      `select ${columns} from hq_view.resync_jobs where job_id = $1`,
      [jobId],
    );
    if (!rows[0]) throw new AdminError('resync_not_found');
    return rows[0];
  },
});

export const cancelResync = endpoint({
  method: 'post',
  path: '/resync-jobs/{jobId}/cancel',
  role: 'operator',
  summary:
    'Ends a job. A store that has begun is told to stop reading and goes on from where it was before the job.',
  params: jobParams,
  status: 200,
  answer: job,
  async handle({ pool }, { params: { jobId }, actor, change }) {
    await change(async (tx) => {
      // The command before its job, as the store's own answer to it locks them.
      await tx.query('select from hq.store_command where command_id = $1 for update', [jobId]);
      const { rows } = await tx.query<{ storeId: string; state: string }>(
        `select store_id as "storeId", state from hq.resync_job where job_id = $1 for update`,
        [jobId],
      );
      if (!rows[0]) throw new AdminError('resync_not_found');
      const { storeId, state } = rows[0];
      if (state !== 'queued' && state !== 'running') throw new AdminError('resync_ended');
      await endJobs(tx, [jobId], actor.name);
      await audit(tx, actor, 'resync.cancel', storeId, { jobId });
      return { jobId };
    });
    const { rows } = await pool.query<object>(
      `select ${columns} from hq_view.resync_jobs where job_id = $1`,
      [jobId],
    );
    return rows[0];
  },
});

async function refuseWithoutServer(tx: Transaction, storeId: string): Promise<void> {
  const { rowCount } = await tx.query('select from hq.store_connection where store_id = $1', [storeId]);
  if (rowCount === 0) throw new AdminError('no_store_server');
}

async function activeJob(tx: Transaction, storeId: string) {
  const { rows } = await tx.query<{ jobId: string; entities: string[] }>(
    `select job_id as "jobId", entities from hq.resync_job where store_id = $1 and state in ('queued', 'running')`,
    [storeId],
  );
  return rows[0];
}
