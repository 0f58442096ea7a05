import { instant, text } from '@hq-sync/protocol/primitives';
import { z } from 'zod';
import { AdminError } from './admin-error.js';
import { audit } from './audit.js';
import { endpoint } from './endpoint.js';
import { page, pageById, requireCursor } from './page.js';
import { requireScope, scope, scopeColumns, scopeOf, type ScopeColumns } from './scope.js';

/** A longer one is a store that is closed: its opening hours say that. */
const maxWindowDays = 90;

const maintenanceWindow = z.object({
  windowId: z.uuid(),
  scope,
  startsAt: instant,
  endsAt: instant,
  reason: z.string(),
  active: z.boolean(),
  createdAt: instant,
  createdBy: z.string(),
  endedBy: z.string().nullable(),
});

type Row = ScopeColumns & { windowId: string };

const columns = `
  window_id as "windowId", store_id as "storeId", region, starts_at as "startsAt", ends_at as "endsAt", reason, active,
  created_at as "createdAt", created_by as "createdBy", ended_by as "endedBy"`;

const answerOf = ({ storeId, region, ...rest }: Row) => ({ ...rest, scope: scopeOf({ storeId, region }) });

export const listMaintenance = endpoint({
  method: 'get',
  path: '/maintenance-windows',
  role: 'viewer',
  summary: 'Maintenance windows, the last to end first.',
  query: pageById.extend({ active: z.enum(['true', 'false']).optional() }),
  status: 200,
  answer: z.object({ items: z.array(maintenanceWindow), next: z.string().nullable() }),
  async handle({ pool }, { query }) {
    await requireCursor(pool, 'hq.maintenance_window', query.after);
    const { rows } = await pool.query<Row>(
      `select ${columns} from hq_view.maintenance_windows
       where ($1::boolean is null or active = $1)
         and ($2::uuid is null or (ends_at, window_id) < (
           select ends_at, window_id from hq_view.maintenance_windows where window_id = $2))
       order by ends_at desc, window_id desc limit $3`,
      [query.active ?? null, query.after ?? null, query.limit + 1],
    );
    return page(rows.map(answerOf), query.limit, ({ windowId }) => windowId);
  },
});

export const startMaintenance = endpoint({
  method: 'post',
  path: '/maintenance-windows',
  role: 'operator',
  summary:
    'Sets a time in which a store, a region or all stores are not expected to be online: nobody is paged for them.',
  body: z.strictObject({
    scope,
    startsAt: instant.optional().describe('Left out: now.'),
    endsAt: instant,
    reason: text(1_000),
  }),
  status: 201,
  answer: maintenanceWindow,
  async handle(_context, { body, actor, change }) {
    return change(async (tx) => {
      const columnsOfScope = scopeColumns(body.scope);
      await requireScope(tx, columnsOfScope);
      const { rows: times } = await tx.query<{ startsAt: string; fits: boolean }>(
        `select s as "startsAt", $2::timestamptz > greatest(s, hq.hq_now()) and $2::timestamptz <= s + $3 * interval '1 day'
           and $2::timestamptz < '10000-01-01Z' as fits
         from coalesce($1::timestamptz, hq.hq_now()) as s`,
        [body.startsAt ?? null, body.endsAt, maxWindowDays],
      );
      const { startsAt, fits } = times[0]!;
      if (!fits)
        throw new AdminError('invalid_request', {
          errors: [
            {
              path: 'endsAt',
              message: `must be later than the start and than now, by ${maxWindowDays} days at most`,
            },
          ],
        });
      const { rows } = await tx.query<{ windowId: string }>(
        `insert into hq.maintenance_window (store_id, region, starts_at, ends_at, reason, created_by)
         values ($1, $2, $3, $4, $5, $6) returning window_id as "windowId"`,
        [columnsOfScope.storeId, columnsOfScope.region, startsAt, body.endsAt, body.reason, actor.name],
      );
      const { windowId } = rows[0]!;
      await audit(tx, actor, 'maintenance.start', columnsOfScope.storeId, { windowId, ...body });
      return answerOf((await tx.query<Row>(byId, [windowId])).rows[0]!);
    });
  },
});

export const endMaintenance = endpoint({
  method: 'post',
  path: '/maintenance-windows/{windowId}/end',
  role: 'operator',
  summary: 'Ends a maintenance window now, or takes back one that has not begun.',
  params: z.object({ windowId: z.uuid() }),
  status: 200,
  answer: maintenanceWindow,
  async handle(_context, { params: { windowId }, actor, change }) {
    return change(async (tx) => {
      const { rows } = await tx.query<{ storeId: string | null; over: boolean }>(
        `select store_id as "storeId", coalesce(ended_at, ends_at) <= hq.hq_now() as over
         from hq.maintenance_window where window_id = $1 for update`,
        [windowId],
      );
      if (!rows[0]) throw new AdminError('maintenance_not_found');
      if (rows[0].over) throw new AdminError('maintenance_ended');
      await tx.query(
        'update hq.maintenance_window set ended_at = hq.hq_now(), ended_by = $2 where window_id = $1',
        [windowId, actor.name],
      );
      await audit(tx, actor, 'maintenance.end', rows[0].storeId, { windowId });
      return answerOf((await tx.query<Row>(byId, [windowId])).rows[0]!);
    });
  },
});

const byId = `select ${columns} from hq_view.maintenance_windows where window_id = $1`;
