import { entityName } from '@hq-sync/protocol/entity';
import { count, instant } from '@hq-sync/protocol/primitives';
import { z } from 'zod';
import { AdminError } from './admin-error.js';
import { endpoint } from './endpoint.js';
import { chosenEntities } from './pulled-entities.js';
import { storeParams } from './stores.js';

/** Pages of the store that its rate is taken from, the newest ones: an old one says little of today's line. */
const ratedPages = 200;

/** `?entities=products,users` */
const entityList = z
  .string()
  .transform((names) => names.split(','))
  .pipe(z.array(entityName).min(1))
  .optional()
  .describe('Names with commas between them; left out: all that the store pulls.');

export const previewResync = endpoint({
  method: 'get',
  path: '/stores/{storeId}/resync-preview',
  role: 'viewer',
  summary:
    'What a resync of the store would send, how long that takes at the rate of its last pages, and whether it is over before the store opens.',
  params: storeParams,
  query: z.object({ entities: entityList }),
  status: 200,
  answer: z.object({
    entities: z.array(z.object({ entity: entityName, records: count, bytes: count })),
    records: count,
    bytes: count.describe('Uncompressed; on the line about a seventh of it.'),
    bytesPerSecond: count
      .nullable()
      .describe('At which the store took its last pages; null when it has none yet.'),
    seconds: count.nullable(),
    openNow: z.boolean().describe('The store is open: its tills work while it reads.'),
    opensAt: instant.nullable().describe('When it opens next; null when it is always open.'),
    endsBeforeOpening: z.boolean().nullable().describe('Null where the rate or the opening is not known.'),
  }),
  async handle({ pool }, { params: { storeId }, query }) {
    const { rows: found } = await pool.query<{
      openNow: boolean;
      opensAt: Date | null;
      secondsToOpening: number | null;
    }>(
      `select hq.is_open(s, hq.hq_now()) as "openNow", o.opens_at as "opensAt",
         extract(epoch from o.opens_at - hq.hq_now())::float8 as "secondsToOpening"
       from hq.store s cross join lateral (select hq.next_opening(s, hq.hq_now()) as opens_at) o
       where s.store_id = $1 and s.archived_at is null`,
      [storeId],
    );
    if (!found[0]) throw new AdminError('store_not_found');
    const chosen = await chosenEntities(pool, query.entities, storeId);
    const { rows: entities } = await pool.query<{ entity: string; records: number; bytes: number }>(sizes, [
      storeId,
      chosen,
    ]);
    const { rows: rates } = await pool.query<{ rate: number | null }>(measuredRate, [storeId, ratedPages]);
    const bytes = entities.reduce((sum, one) => sum + one.bytes, 0);
    const bytesPerSecond = rates[0]?.rate ?? null;
    const seconds = bytesPerSecond === null ? null : Math.ceil(bytes / Math.max(1, bytesPerSecond));
    const { openNow, opensAt, secondsToOpening } = found[0];
    return {
      entities,
      records: entities.reduce((sum, one) => sum + one.records, 0),
      bytes,
      bytesPerSecond,
      seconds,
      openNow,
      opensAt,
      endsBeforeOpening:
        seconds === null || secondsToOpening === null ? null : !openNow && seconds < secondsToOpening,
    };
  },
});

const sizes = `
  select e.entity, coalesce(sum(r.records), 0)::bigint as records, coalesce(sum(r.bytes), 0)::bigint as bytes
  from unnest($2::text[]) as e(entity)
  left join lateral (
    select count(*) as records, sum(bytes) as bytes from hq.hq_record r
    where r.entity = e.entity and not r.deleted and r.position is not null
      and (r.store_set = 'all' or r.store_set in (select store_set from hq.store_set_member m where m.store_id = $1))
  ) r on true
  group by e.entity order by e.entity`;

const measuredRate = `
  select (sum(bytes) / nullif(sum(duration_ms), 0) * 1000)::bigint as rate from (
    select bytes, duration_ms from hq.sync_log
    where store_id = $1 and direction = 'pull' and succeeded and bytes > 0 and duration_ms > 0
    order by at desc limit $2
  ) pages`;
