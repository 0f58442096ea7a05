import { addressId, currency, id, instant, text, timeOfDay } from '@hq-sync/protocol/primitives';
import { z } from 'zod';
import type { Queryable, Transaction } from '../db/database.js';
import { isSqlState } from '../db/sqlstate.js';
import { hintStoreChanged } from '../fleet/watch.js';
import { AdminError } from './admin-error.js';
import { audit } from './audit.js';
import { endpoint } from './endpoint.js';
import { page, pageByStore } from './page.js';

const weekdays = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
/** Opening and closing times of one day. */
export const dayHours = z.array(z.array(timeOfDay).length(2)).max(4);
const openingHours = z
  .partialRecord(z.enum(weekdays), dayHours)
  .describe(
    'Opening and closing by weekday; a closing at or before its opening is on the next day. A day left out is closed.',
  );

// "Etc/UTC" and the like, never a POSIX rule such as "FOO+3", which PostgreSQL would take too.
const timezone = z
  .string()
  .max(64)
  .regex(/^[A-Za-z][A-Za-z0-9_+-]*(\/[A-Za-z0-9_+-]+)*$/)
  .refine(isIanaZone, { error: 'is no IANA time zone' });

const maxTags = 20;
const tag = z.string().regex(/^[a-z0-9][a-z0-9:_-]{0,62}$/, { error: 'must be a lower-case word' });

/** "North " would be another region than "North", and nobody would see why. */
const isTrimmed = (value: string): boolean => value.trim() === value;
const notTrimmed = { error: 'must not begin or end with a blank' };
const written = text(200).refine(isTrimmed, notTrimmed);

const changeable = {
  name: written,
  region: written.nullable().optional(),
  timezone,
  currency,
  openingHours: openingHours.nullable().optional().describe('null: always open.'),
  dayCutover: timeOfDay.optional(),
  tags: z.array(tag).max(maxTags).optional().describe('Words to find stores by, e.g. `pilot`.'),
};

export const storeParams = z.object({ storeId: id });
const newStore = z.strictObject({ storeId: addressId.refine(isTrimmed, notTrimmed), ...changeable });
const storeChange = z.strictObject({
  ...changeable,
  name: changeable.name.optional(),
  timezone: timezone.optional(),
  currency: currency.optional(),
});

const store = z.object({
  storeId: id,
  name: z.string(),
  region: z.string().nullable(),
  timezone: z.string(),
  currency,
  openingHours: openingHours.nullable(),
  dayCutover: timeOfDay,
  tags: z.array(z.string()),
  createdAt: instant,
  archivedAt: instant.nullable(),
});

const columns = `
  store_id as "storeId", name, region, timezone, currency, opening_hours as "openingHours",
  to_char(day_cutover, 'HH24:MI') as "dayCutover", tags, created_at as "createdAt", archived_at as "archivedAt"`;

export const listStores = endpoint({
  method: 'get',
  path: '/stores',
  role: 'viewer',
  summary: 'The stores, by id.',
  query: pageByStore.extend({
    archived: z.enum(['true', 'false']).default('false'),
    region: text(200).optional(),
    tag: tag.optional(),
  }),
  status: 200,
  answer: z.object({ items: z.array(store), next: z.string().nullable() }),
  async handle({ pool }, { query }) {
    const { rows } = await pool.query<{ storeId: string }>(
      `select ${columns} from hq.store
       where store_id > $1 and (archived_at is not null) = $2
         and ($4::text is null or region = $4) and ($5::text is null or $5 = any(tags))
       order by store_id limit $3`,
      [
        query.after ?? '',
        query.archived === 'true',
        query.limit + 1,
        query.region ?? null,
        query.tag ?? null,
      ],
    );
    return page(rows, query.limit, (row) => row.storeId);
  },
});

export const getStore = endpoint({
  method: 'get',
  path: '/stores/{storeId}',
  role: 'viewer',
  summary: 'One store.',
  params: storeParams,
  status: 200,
  answer: store,
  represent: (db, { storeId }, lock) => readStore(db, storeId, lock),
  handle: ({ pool }, { params: { storeId } }) => readStore(pool, storeId, false),
});

export const createStore = endpoint({
  method: 'post',
  path: '/stores',
  role: 'admin',
  summary: 'Creates a store. It has no store server until a token is generated.',
  body: newStore,
  status: 201,
  answer: store,
  async handle(_context, { body, actor, change }) {
    return change(async (tx) => {
      await checkTimezone(tx, body.timezone);
      const { rows } = await tx.query(
        `insert into hq.store (store_id, name, region, timezone, currency, opening_hours, day_cutover, tags)
         values ($1, $2, $3, $4, $5, $6, $7, $8)
         on conflict (store_id) do nothing
         returning ${columns}`,
        [
          body.storeId,
          body.name,
          body.region ?? null,
          body.timezone,
          body.currency,
          jsonOrNull(body.openingHours),
          body.dayCutover ?? '00:00',
          tagsOf(body.tags ?? []),
        ],
      );
      if (!rows[0]) throw new AdminError('store_exists');
      await audit(tx, actor, 'store.create', body.storeId, body);
      return rows[0] as object;
    });
  },
});

export const changeStore = endpoint({
  method: 'patch',
  path: '/stores/{storeId}',
  role: 'admin',
  summary: 'Changes a store. Records it has pushed keep their business date.',
  params: storeParams,
  body: storeChange,
  status: 200,
  answer: store,
  represent: (db, { storeId }, lock) => readStore(db, storeId, lock),
  async handle(_context, { params, body, actor, change }) {
    return change(async (tx) => {
      if (body.timezone) await checkTimezone(tx, body.timezone);
      await lockLivingStore(tx, params.storeId);
      const { rows } = await tx.query(
        `update hq.store set
           name = coalesce($2, name),
           region = case when $3 then $4 else region end,
           timezone = coalesce($5, timezone),
           currency = coalesce($6, currency),
           opening_hours = case when $7 then $8::jsonb else opening_hours end,
           day_cutover = coalesce($9::time, day_cutover),
           tags = coalesce($10::text[], tags),
           changed_at = clock_timestamp()
         where store_id = $1
         returning ${columns}`,
        [
          params.storeId,
          body.name ?? null,
          body.region !== undefined,
          body.region ?? null,
          body.timezone ?? null,
          body.currency ?? null,
          body.openingHours !== undefined,
          jsonOrNull(body.openingHours),
          body.dayCutover ?? null,
          body.tags ? tagsOf(body.tags) : null,
        ],
      );
      await audit(tx, actor, 'store.change', params.storeId, body);
      await tx.query(hintStoreChanged);
      return rows[0] as object;
    });
  },
});

export const archiveStore = endpoint({
  method: 'post',
  path: '/stores/{storeId}/archive',
  role: 'admin',
  summary:
    'Archives a store: its sales stay, its tokens die, its series go. Refused while it claims pending records, unless forced.',
  params: storeParams,
  body: z.strictObject({ force: z.boolean().default(false) }),
  status: 200,
  answer: store,
  async handle(_context, { params, body, actor, change }) {
    return change(async (tx) => {
      await lockLivingStore(tx, params.storeId);
      const { rows: claims } = await tx.query<{ pending: number }>(
        'select pending_records as pending from hq.store_connection where store_id = $1',
        [params.storeId],
      );
      const pending = claims[0]?.pending ?? 0;
      if (pending > 0 && !body.force)
        throw new AdminError('pending_records', { detail: `${pending} records wait at the store.` });
      const { rows } = await tx.query(
        `update hq.store set archived_at = clock_timestamp(), changed_at = clock_timestamp() where store_id = $1 returning ${columns}`,
        [params.storeId],
      );
      await tx.query(
        'update hq.store_token set revoked_at = coalesce(revoked_at, clock_timestamp()) where store_id = $1',
        [params.storeId],
      );
      await tx.query(
        `update hq.resync_job set state = 'cancelled', ended_at = clock_timestamp(), message = 'the store was archived'
         where store_id = $1 and state in ('queued', 'running')`,
        [params.storeId],
      );
      await tx.query(
        `update hq.store_command set done_at = clock_timestamp(), outcome = 'cancelled' where store_id = $1 and done_at is null`,
        [params.storeId],
      );
      await audit(tx, actor, 'store.archive', params.storeId, { ...body, pending });
      await tx.query(hintStoreChanged);
      return rows[0] as object;
    });
  },
});

/** @throws AdminError `store_not_found` */
async function readStore(db: Queryable, storeId: string, lock: boolean): Promise<object> {
  const { rows } = await db.query<object>(
    `select ${columns} from hq.store where store_id = $1 ${lock ? 'for no key update' : ''}`,
    [storeId],
  );
  if (!rows[0]) throw new AdminError('store_not_found');
  return rows[0];
}

const tagsOf = (tags: readonly string[]): string[] => [...new Set(tags)].sort();

/** Locks the store's row for this transaction. @throws AdminError when there is no such store, or it is archived. */
export async function lockLivingStore(tx: Transaction, storeId: string): Promise<void> {
  const { rows } = await tx.query<{ archived: boolean }>(
    'select archived_at is not null as archived from hq.store where store_id = $1 for no key update',
    [storeId],
  );
  if (!rows[0]) throw new AdminError('store_not_found');
  if (rows[0].archived) throw new AdminError('store_archived');
}

/** A zone that PostgreSQL does not know would break every view that has this store in it. */
async function checkTimezone(tx: Transaction, zone: string): Promise<void> {
  try {
    await tx.query('select now() at time zone $1', [zone]);
  } catch (error) {
    if (!isSqlState(error) || error.code !== '22023') throw error;
    throw new AdminError('timezone_unknown', { detail: zone });
  }
}

function isIanaZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}

const jsonOrNull = (value: unknown): string | null => (value == null ? null : JSON.stringify(value));
