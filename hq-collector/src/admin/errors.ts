import { errorKinds, kindAdvice, type ErrorKind } from '@hq-sync/protocol/error-code';
import { id, text } from '@hq-sync/protocol/primitives';
import { z } from 'zod';
import type { Queryable } from '../db/database.js';
import { AdminError } from './admin-error.js';
import { audit } from './audit.js';
import { camelCaseKeys } from './camel-case.js';
import { leaveCommand } from './commands.js';
import { endpoint } from './endpoint.js';
import { page, pageByNumber } from './page.js';

const episode = z.looseObject({
  episodeId: z.int(),
  storeId: id,
  kind: z.enum(errorKinds),
  advice: z.object({ itself: z.string(), person: z.string() }),
});

export const listErrors = endpoint({
  method: 'get',
  path: '/errors',
  role: 'viewer',
  summary: 'Error episodes, newest first, each with what happens by itself and what a person does.',
  query: pageByNumber.extend({
    storeId: id.optional(),
    kind: z.enum(errorKinds).optional(),
    open: z.enum(['true', 'false']).optional(),
    acknowledged: z.enum(['true', 'false']).optional(),
    assignee: text(200).optional(),
  }),
  status: 200,
  answer: z.object({ items: z.array(episode), next: z.string().nullable() }),
  async handle({ pool }, { query }) {
    const { rows } = await pool.query(
      `select * from hq_view.error_episodes
       where ($1::text is null or store_id = $1) and ($2::text is null or kind = $2) and ($3::boolean is null or open = $3)
         and ($4::bigint is null or episode_id < $4)
         and ($6::boolean is null or (acknowledged_at is not null) = $6) and ($7::text is null or assigned_to = $7)
       order by episode_id desc limit $5`,
      [
        query.storeId ?? null,
        query.kind ?? null,
        query.open ?? null,
        query.after ?? null,
        query.limit + 1,
        query.acknowledged ?? null,
        query.assignee ?? null,
      ],
    );
    return page<Record<string, unknown>>(rows.map(withAdvice), query.limit, (row) =>
      String(row['episodeId']),
    );
  },
});

const episodeParams = z.object({ episodeId: z.coerce.number().int().min(1) });

export const getError = endpoint({
  method: 'get',
  path: '/errors/{episodeId}',
  role: 'viewer',
  summary: 'One error episode.',
  params: episodeParams,
  status: 200,
  answer: episode,
  handle: ({ pool }, { params: { episodeId } }) => readEpisode(pool, episodeId),
});

export const acknowledgeError = endpoint({
  method: 'post',
  path: '/errors/{episodeId}/acknowledge',
  role: 'operator',
  summary: 'Notes that a person has seen the episode. It stays open until the cause has gone.',
  params: episodeParams,
  body: z.strictObject({ note: text(1_000).optional() }),
  status: 200,
  answer: episode,
  async handle(_context, { params: { episodeId }, body, actor, change }) {
    return change(async (tx) => {
      await tx.query(
        `update hq.error_episode set acknowledged_at = clock_timestamp(), acknowledged_by = $2, acknowledged_note = $3
         where episode_id = $1`,
        [episodeId, actor.name, body.note ?? null],
      );
      const seen = await readEpisode(tx, episodeId);
      await audit(tx, actor, 'error.acknowledge', seen.storeId, { episodeId, ...body });
      return seen;
    });
  },
});

export const assignError = endpoint({
  method: 'post',
  path: '/errors/{episodeId}/assign',
  role: 'operator',
  summary: 'Says who looks after the episode; null takes it back.',
  params: episodeParams,
  body: z.strictObject({ assignee: text(200).nullable() }),
  status: 200,
  answer: episode,
  async handle(_context, { params: { episodeId }, body: { assignee }, actor, change }) {
    return change(async (tx) => {
      await tx.query(
        `update hq.error_episode set assigned_to = $2::text,
           assigned_by = case when $2::text is not null then $3 end,
           assigned_at = case when $2::text is not null then clock_timestamp() end
         where episode_id = $1`,
        [episodeId, assignee, actor.name],
      );
      const assigned = await readEpisode(tx, episodeId);
      await audit(tx, actor, 'error.assign', assigned.storeId, { episodeId, assignee });
      return assigned;
    });
  },
});

export const retryError = endpoint({
  method: 'post',
  path: '/errors/{episodeId}/retry',
  role: 'operator',
  summary:
    'Has the store server end its waits and try now; it waits for the store when that is offline. Whether it worked, the episode says.',
  params: episodeParams,
  status: 201,
  answer: z.object({ commandId: z.uuid() }),
  async handle(_context, { params: { episodeId }, actor, change }) {
    return change(async (tx) => {
      const { storeId, open } = await readEpisode(tx, episodeId);
      if (!open) throw new AdminError('error_resolved');
      const commandId = await leaveCommand(tx, storeId, 'push_now', actor);
      await audit(tx, actor, 'error.retry', storeId, { episodeId, commandId });
      return { commandId };
    });
  },
});

/** @throws AdminError `error_not_found` */
async function readEpisode(db: Queryable, episodeId: number) {
  const { rows } = await db.query<Record<string, unknown>>(
    'select * from hq_view.error_episodes where episode_id = $1',
    [episodeId],
  );
  if (!rows[0]) throw new AdminError('error_not_found');
  return withAdvice(rows[0]);
}

function withAdvice(row: Record<string, unknown>) {
  const { kind, storeId, open, ...rest } = camelCaseKeys(row);
  return {
    ...rest,
    kind: kind as ErrorKind,
    storeId: storeId as string,
    open: open as boolean,
    advice: kindAdvice[kind as ErrorKind],
  };
}
