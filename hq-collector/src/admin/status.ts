import { id } from '@hq-sync/protocol/primitives';
import { z } from 'zod';
import { groups, verdictOf, type StatusOfStore } from '../page/status.js';
import { behindIn, stale } from '../page/status-columns.js';
import { AdminError } from './admin-error.js';
import { camelCaseKeys } from './camel-case.js';
import { endpoint } from './endpoint.js';
import { page, pageByStore } from './page.js';
import { mayPull } from './pulled-entities.js';
import { storeParams } from './stores.js';

/** A row of a view of schema hq_view, its columns in camel case; docs/views.md says what each is. */
const viewRow = z.looseObject({});

const storeRow = viewRow.extend({
  storeId: id,
  status: z.string(),
  reason: z.string().nullable().describe('Why it is so; of a connected store, what needs a look.'),
  severity: z
    .int()
    .min(0)
    .max(groups.length - 1)
    .describe(`0 is the worst: ${groups.map((group, rank) => `${rank} ${group}`).join(', ')}.`),
  stale: z.boolean().describe('Connected, and without a sync for longer than an idle store takes.'),
});

const stores = `select *, ${stale} as stale, ${behindIn} as "behindIn" from hq_view.stores`;

/** A store with what people are told of it, by the same rules as the page. */
function judged(row: object): Record<string, unknown> {
  const store = camelCaseKeys(row);
  const { reason, group } = verdictOf({
    ...(store as unknown as StatusOfStore),
    quarantined: store['quarantinedRecords'] as number,
    withheld: (store['withheldRecords'] as number | null) ?? 0,
  });
  // A status that says everything is its own reason.
  return { ...store, reason: reason || store['reason'], severity: groups.indexOf(group) };
}

export const listStatus = endpoint({
  method: 'get',
  path: '/status',
  role: 'viewer',
  summary:
    "Status and today's figures of every store, by id: hq_view.stores with the verdict of hq_view.store_board.",
  query: pageByStore,
  status: 200,
  answer: z.object({
    items: z.array(storeRow),
    next: z.string().nullable(),
  }),
  async handle({ pool }, { query }) {
    const { rows } = await pool.query<object>(`${stores} where store_id > $1 order by store_id limit $2`, [
      query.after ?? '',
      query.limit + 1,
    ]);
    return page(rows.map(judged), query.limit, (row) => String(row['storeId']));
  },
});

export const getStatus = endpoint({
  method: 'get',
  path: '/stores/{storeId}/status',
  role: 'viewer',
  summary:
    "One store: its status, entity status by type and direction, open registers, and its day totals beside HQ's.",
  params: storeParams,
  status: 200,
  answer: z.object({
    store: storeRow,
    entities: z.array(
      viewRow.extend({ mayResync: z.boolean().describe('The store pulls it, as far as HQ knows.') }),
    ),
    openRegisters: z.array(viewRow),
    dayTotals: z.array(viewRow),
    activity: z.array(viewRow),
  }),
  async handle({ pool }, { params }) {
    const read = async (sql: string) => (await pool.query(sql, [params.storeId])).rows.map(camelCaseKeys);
    const { rows } = await pool.query<object>(`${stores} where store_id = $1`, [params.storeId]);
    if (!rows[0]) throw new AdminError('store_not_found');
    return {
      store: judged(rows[0]),
      entities: await read(
        `select e.*, e.direction = 'pull' and ${mayPull('e.store_id', 'e.entity')} as may_resync
         from hq_view.store_entities e where store_id = $1 order by direction, entity`,
      ),
      openRegisters: await read(
        'select * from hq_view.open_registers where store_id = $1 order by opened_at',
      ),
      dayTotals: await read('select * from hq_view.day_totals where store_id = $1 order by business_date'),
      activity: await read(
        'select * from hq_view.activity where store_id = $1 order by business_date desc, currency limit 30',
      ),
    };
  },
});
