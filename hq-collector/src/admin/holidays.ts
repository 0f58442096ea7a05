import { businessDate, instant, text } from '@hq-sync/protocol/primitives';
import { z } from 'zod';
import { isSqlState } from '../db/sqlstate.js';
import { AdminError } from './admin-error.js';
import { audit } from './audit.js';
import { endpoint } from './endpoint.js';
import { page, pageById, requireCursor } from './page.js';
import { requireScope, scope, scopeColumns, scopeOf, type ScopeColumns } from './scope.js';
import { dayHours } from './stores.js';

const day = businessDate;
const hours = dayHours.describe('Opening and closing on that day; an empty list: closed.');

const holiday = z.object({
  holidayId: z.uuid(),
  day,
  name: z.string(),
  scope,
  hours,
  createdAt: instant,
  createdBy: z.string(),
});

type Row = ScopeColumns & { holidayId: string; day: string; name: string };

const columns = `
  holiday_id as "holidayId", to_char(day, 'YYYY-MM-DD') as day, name, store_id as "storeId", region, hours,
  created_at as "createdAt", created_by as "createdBy"`;

const answerOf = ({ storeId, region, ...rest }: Row) => ({ ...rest, scope: scopeOf({ storeId, region }) });

export const listHolidays = endpoint({
  method: 'get',
  path: '/holidays',
  role: 'viewer',
  summary: 'Days with other hours than those of the week, the newest day first.',
  query: pageById,
  status: 200,
  answer: z.object({ items: z.array(holiday), next: z.string().nullable() }),
  async handle({ pool }, { query }) {
    await requireCursor(pool, 'hq.holiday', query.after);
    const { rows } = await pool.query<Row>(
      `select ${columns} from hq.holiday h
       where $1::uuid is null or (h.day, h.holiday_id) < (select day, holiday_id from hq.holiday where holiday_id = $1)
       order by h.day desc, h.holiday_id desc limit $2`,
      [query.after ?? null, query.limit + 1],
    );
    return page(rows.map(answerOf), query.limit, ({ holidayId }) => holidayId);
  },
});

export const createHoliday = endpoint({
  method: 'post',
  path: '/holidays',
  role: 'operator',
  summary:
    "Gives a day other hours, or none. A store's own day counts before its region's, that before the chain's.",
  body: z.strictObject({ day, name: text(200), scope, hours: hours.default([]) }),
  status: 201,
  answer: holiday,
  async handle(_context, { body, actor, change }) {
    const columnsOfScope = scopeColumns(body.scope);
    const { storeId, region } = columnsOfScope;
    try {
      return await change(async (tx) => {
        await requireScope(tx, columnsOfScope);
        const { rows } = await tx.query<Row>(
          `insert into hq.holiday (day, name, store_id, region, hours, created_by)
           values ($1, $2, $3, $4, $5, $6) returning ${columns}`,
          [body.day, body.name, storeId, region, JSON.stringify(body.hours), actor.name],
        );
        await audit(tx, actor, 'holiday.create', storeId, { holidayId: rows[0]!.holidayId, ...body });
        return answerOf(rows[0]!);
      });
    } catch (error) {
      if (isSqlState(error) && error.code === '23505') throw new AdminError('holiday_exists');
      throw error;
    }
  },
});

export const deleteHoliday = endpoint({
  method: 'delete',
  path: '/holidays/{holidayId}',
  role: 'operator',
  summary: 'Takes a holiday back: the day has the hours of its week again.',
  params: z.object({ holidayId: z.uuid() }),
  status: 200,
  answer: holiday,
  async handle(_context, { params: { holidayId }, actor, change }) {
    return change(async (tx) => {
      const { rows } = await tx.query<Row>(
        `delete from hq.holiday where holiday_id = $1 returning ${columns}`,
        [holidayId],
      );
      if (!rows[0]) throw new AdminError('holiday_not_found');
      const answer = answerOf(rows[0]);
      const { day, name, scope } = answer;
      await audit(tx, actor, 'holiday.delete', rows[0].storeId, { holidayId, day, name, scope });
      return answer;
    });
  },
});
