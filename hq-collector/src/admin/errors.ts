import { errorKinds, kindAdvice, type ErrorKind } from '@hq-sync/protocol/error-code';
import { id } from '@hq-sync/protocol/primitives';
import { z } from 'zod';
import { withTransaction } from '../db/database.js';
import { AdminError } from './admin-error.js';
import { audit } from './audit.js';
import { camelCaseKeys } from './camel-case.js';
import { endpoint } from './endpoint.js';
import { page, pageQuery } from './page.js';

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
  query: pageQuery.extend({
    storeId: id.optional(),
    kind: z.enum(errorKinds).optional(),
    open: z.enum(['true', 'false']).optional(),
  }),
  status: 200,
  answer: z.object({ items: z.array(episode), next: z.string().nullable() }),
  async handle({ pool }, { query }) {
    const { rows } = await pool.query(
      `select * from hq_view.error_episodes
       where ($1::text is null or store_id = $1) and ($2::text is null or kind = $2) and ($3::boolean is null or open = $3)
         and ($4::bigint is null or episode_id < $4)
       order by episode_id desc limit $5`,
      [query.storeId ?? null, query.kind ?? null, query.open ?? null, query.after ?? null, query.limit + 1],
    );
    const items = rows
      .map(camelCaseKeys)
      .map((row) => ({ ...row, advice: kindAdvice[row['kind'] as ErrorKind] }));
    return page<Record<string, unknown>>(items, query.limit, (row) => String(row['episodeId']));
  },
});

export const acknowledgeError = endpoint({
  method: 'post',
  path: '/errors/{episodeId}/acknowledge',
  role: 'operator',
  summary: 'Notes that a person has seen the episode. It stays open until the cause has gone.',
  params: z.object({ episodeId: z.coerce.number().int().min(1) }),
  body: z.strictObject({}),
  status: 200,
  answer: z.looseObject({}),
  async handle({ pool }, { params, actor }) {
    return withTransaction(pool, async (tx) => {
      const { rows } = await tx.query<{ store_id: string }>(
        `update hq.error_episode set acknowledged_at = clock_timestamp(), acknowledged_by = $2 where episode_id = $1 returning *`,
        [params.episodeId, actor.name],
      );
      if (!rows[0]) throw new AdminError('endpoint_not_found', { detail: 'No such episode.' });
      await audit(tx, actor, 'error.acknowledge', rows[0].store_id, params);
      return camelCaseKeys(rows[0]);
    });
  },
});
