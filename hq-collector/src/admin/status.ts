import { id } from '@hq-sync/protocol/primitives';
import { z } from 'zod';
import { AdminError } from './admin-error.js';
import { camelCaseKeys } from './camel-case.js';
import { endpoint } from './endpoint.js';
import { page, pageByStore } from './page.js';
import { storeParams } from './stores.js';

/** A row of a view of schema hq_view, its columns in camel case; docs/views.md says what each is. */
const viewRow = z.looseObject({});

export const listStatus = endpoint({
  method: 'get',
  path: '/status',
  role: 'viewer',
  summary: "Status and today's figures of every store, by id: the rows of hq_view.stores.",
  query: pageByStore,
  status: 200,
  answer: z.object({
    items: z.array(viewRow.extend({ storeId: id, status: z.string() })),
    next: z.string().nullable(),
  }),
  async handle({ pool }, { query }) {
    const { rows } = await pool.query(
      'select * from hq_view.stores where store_id > $1 order by store_id limit $2',
      [query.after ?? '', query.limit + 1],
    );
    return page(rows.map(camelCaseKeys), query.limit, (row) => String(row['storeId']));
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
    store: viewRow,
    entities: z.array(viewRow),
    openRegisters: z.array(viewRow),
    dayTotals: z.array(viewRow),
    activity: z.array(viewRow),
  }),
  async handle({ pool }, { params }) {
    const read = async (sql: string) => (await pool.query(sql, [params.storeId])).rows.map(camelCaseKeys);
    const [store] = await read('select * from hq_view.stores where store_id = $1');
    if (!store) throw new AdminError('store_not_found');
    return {
      store,
      entities: await read(
        'select * from hq_view.store_entities where store_id = $1 order by direction, entity',
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
