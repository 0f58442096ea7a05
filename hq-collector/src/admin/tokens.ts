import { count, id, instant } from '@hq-sync/protocol/primitives';
import { z } from 'zod';
import type { Transaction } from '../db/database.js';
import { hashSecret, newSecret } from '../fleet/store-token.js';
import type { RotationOptions } from '../fleet/token-rotation.js';
import { hintStoreChanged } from '../fleet/watch.js';
import { AdminError } from './admin-error.js';
import { audit, auditEach } from './audit.js';
import { endpoint, type Actor } from './endpoint.js';
import { page, pageById, requireCursor } from './page.js';
import { requireScope, scope, scopeColumns, type ScopeColumns } from './scope.js';
import { lockLivingStore, storeParams } from './stores.js';

/** Time in which the token before still works after a new one was generated, so that a person can carry it over. */
const defaultOverlapMinutes = 60;
const maxOverlapMinutes = 7 * 24 * 60;

const tokenState = z.object({
  tokenId: z.uuid(),
  state: z
    .enum(['active', 'pending', 'lapsed', 'revoked', 'expired', 'superseded'])
    .describe('Pending: made by a rotation and not used yet; it lapses when it is not used in time.'),
  inUse: z.boolean().describe('The present connection of the store came in with it, or the last one did.'),
  newest: z.boolean(),
  createdAt: instant,
  createdBy: z.string(),
  expiresAt: instant.nullable(),
  revokedAt: instant.nullable(),
  supersededAt: instant.nullable(),
  firstUsedAt: instant.nullable(),
  lastUsedAt: instant.nullable(),
});

const columns = `
  token_id as "tokenId", state, in_use as "inUse", newest, created_at as "createdAt", created_by as "createdBy",
  expires_at as "expiresAt", revoked_at as "revokedAt", superseded_at as "supersededAt", first_used_at as "firstUsedAt",
  last_used_at as "lastUsedAt"`;

export const listTokens = endpoint({
  method: 'get',
  path: '/stores/{storeId}/tokens',
  role: 'viewer',
  summary: "The store's tokens, newest first; never their secrets.",
  params: storeParams,
  status: 200,
  answer: z.object({ items: z.array(tokenState) }),
  async handle({ pool }, { params }) {
    const { rows } = await pool.query(
      `select ${columns} from hq_view.store_tokens where store_id = $1 order by created_at desc`,
      [params.storeId],
    );
    return { items: rows as object[] };
  },
});

export const listAllTokens = endpoint({
  method: 'get',
  path: '/tokens',
  role: 'viewer',
  summary:
    'Tokens of all stores, by store: those that are in use though a newer one exists, or those whose end comes soon.',
  query: pageById.extend({
    old: z.enum(['true', 'false']).optional().describe('true: in use, and not the newest of its store.'),
    expiresInDays: z.coerce
      .number()
      .int()
      .min(0)
      .max(3_650)
      .optional()
      .describe('Works, is the one that its store uses or would use, and expires within so many days.'),
  }),
  status: 200,
  answer: z.object({ items: z.array(tokenState.extend({ storeId: id })), next: z.string().nullable() }),
  async handle({ pool }, { query }) {
    await requireCursor(pool, 'hq.store_token', query.after);
    const { rows } = await pool.query<{ storeId: string; tokenId: string }>(
      `select store_id as "storeId", ${columns} from hq_view.store_tokens t
       where ($1::boolean is null or (in_use and not newest) = $1)
         and ($2::integer is null or (current and expires_at < clock_timestamp() + $2 * interval '1 day'))
         and ($3::uuid is null or (store_id, token_id) > (select store_id, token_id from hq.store_token where token_id = $3))
       order by store_id, token_id limit $4`,
      [query.old ?? null, query.expiresInDays ?? null, query.after ?? null, query.limit + 1],
    );
    return page(rows, query.limit, ({ tokenId }) => tokenId);
  },
});

const rotation = {
  graceMinutes: z
    .int()
    .min(0)
    .max(maxOverlapMinutes)
    .default(defaultOverlapMinutes)
    .describe('For so long the old token works on once the new one was used.'),
  expiresInDays: z
    .int()
    .min(1)
    .max(3_650)
    .optional()
    .describe('Of the new token; left out: it does not expire.'),
};

export const rotateToken = endpoint({
  method: 'post',
  path: '/stores/{storeId}/tokens/rotate',
  role: 'operator',
  summary:
    'Has the store server make its next token by itself; it waits for the store when that is offline. The old one works until the new one was used, and its grace after that. Asked again while it waits, it is the same rotation, with the grace and the end that are said last.',
  params: storeParams,
  body: z.strictObject(rotation),
  status: 201,
  answer: z.object({ commandId: z.uuid() }),
  async handle(_context, { params: { storeId }, body, actor, change }) {
    return change(async (tx) => {
      await lockLivingStore(tx, storeId);
      const [asked] = await askForRotations(tx, { storeId, region: null }, body, actor);
      if (!asked) throw new AdminError('token_not_rotatable');
      await audit(tx, actor, 'token.rotate', storeId, { ...body, commandId: asked.commandId });
      return { commandId: asked.commandId };
    });
  },
});

export const rotateTokens = endpoint({
  method: 'post',
  path: '/token-rotations',
  role: 'admin',
  summary: 'The same for the stores of a region, or all; stores without a token in use are left out.',
  body: z.strictObject({ scope, ...rotation }),
  status: 201,
  answer: z.object({ stores: count }),
  async handle(_context, { body, actor, change }) {
    return change(async (tx) => {
      const columnsOfScope = scopeColumns(body.scope);
      await requireScope(tx, columnsOfScope);
      const asked = await askForRotations(tx, columnsOfScope, body, actor);
      const rows = asked.map(({ storeId, commandId }) => ({ storeId, detail: { ...body, commandId } }));
      await auditEach(tx, actor, 'token.rotate', rows);
      return { stores: asked.length };
    });
  },
});

/** One waiting rotation for each store at most; how it is to be, the last who asks for it says. */
async function askForRotations(
  tx: Transaction,
  { storeId, region }: ScopeColumns,
  { graceMinutes, expiresInDays }: { graceMinutes: number; expiresInDays?: number | undefined },
  actor: Actor,
): Promise<{ storeId: string; commandId: string }[]> {
  const options: RotationOptions = { graceMinutes, expiresInDays: expiresInDays ?? null };
  const { rows } = await tx.query<{ storeId: string; commandId: string }>(addRotations, [
    storeId,
    region,
    actor.name,
    JSON.stringify(options),
  ]);
  await tx.query(hintStoreChanged);
  return rows;
}

const addRotations = `
  with stores as (
    select s.store_id from hq.store s
    where s.archived_at is null and ($1::text is null or s.store_id = $1) and ($2::text is null or s.region = $2)
      and exists (
        select from hq_view.store_tokens t where t.store_id = s.store_id and t.state = 'active' and t.first_used_at is not null)
  ), waiting as (
    select c.store_id, c.command_id from hq.store_command c join stores using (store_id)
    where c.command = 'rotate_token' and c.done_at is null
  ), renewed as (
    update hq.store_command c set options = $4::jsonb from waiting w where c.command_id = w.command_id
  ), made as (
    update hq.store_token t set grace = ($4::jsonb ->> 'graceMinutes')::integer * interval '1 minute',
      expires_at = clock_timestamp() + ($4::jsonb ->> 'expiresInDays')::integer * interval '1 day'
    from waiting w where t.store_id = w.store_id and t.pending_until > clock_timestamp()
  ), added as (
    insert into hq.store_command (store_id, command, created_by, options)
    select store_id, 'rotate_token', $3, $4::jsonb from stores where store_id not in (select store_id from waiting)
    order by store_id
    returning store_id, command_id
  )
  select store_id as "storeId", command_id as "commandId" from (select * from waiting union all select * from added) asked
  order by store_id`;

export const generateToken = endpoint({
  method: 'post',
  path: '/stores/{storeId}/tokens',
  role: 'admin',
  summary:
    'Generates a sync token. The secret is in this answer and nowhere else, ever. Older tokens are superseded after the overlap.',
  params: storeParams,
  body: z.strictObject({
    expiresInDays: z.int().min(1).max(3_650).optional(),
    overlapMinutes: z.int().min(0).max(maxOverlapMinutes).default(defaultOverlapMinutes),
  }),
  status: 201,
  answer: z.object({ tokenId: z.uuid(), token: z.string(), expiresAt: instant.nullable() }),
  secret: true,
  async handle(_context, { params, body, actor, change }) {
    const token = newSecret('hqs');
    return change(async (tx) => {
      await lockLivingStore(tx, params.storeId);
      await tx.query(
        `update hq.store_token
         set superseded_at = least(superseded_at, clock_timestamp() + $2 * interval '1 minute')
         where store_id = $1 and revoked_at is null and pending_until is null`,
        [params.storeId, body.overlapMinutes],
      );
      const { rows } = await tx.query<{ tokenId: string; expiresAt: Date | null }>(
        `insert into hq.store_token (store_id, secret_hash, created_by, expires_at)
         values ($1, $2, $3, clock_timestamp() + $4 * interval '1 day')
         returning token_id as "tokenId", expires_at as "expiresAt"`,
        [params.storeId, hashSecret(token), actor.name, body.expiresInDays ?? null],
      );
      // From its first token on, a store has a store server and with it a status.
      await tx.query('insert into hq.store_connection (store_id) values ($1) on conflict do nothing', [
        params.storeId,
      ]);
      await audit(tx, actor, 'token.generate', params.storeId, { ...body, tokenId: rows[0]?.tokenId });
      await tx.query(hintStoreChanged);
      return { ...rows[0], token };
    });
  },
});

/** Of the tokens that still work one has no end by a newer one: what was to supersede it may just have been revoked. */
const keepTheLast = `
  with working as (
    select token_id, superseded_at, created_at from hq.store_token
    where store_id = $1 and revoked_at is null and pending_until is null
      and (expires_at is null or expires_at > clock_timestamp())
      and (superseded_at is null or superseded_at > clock_timestamp())
  )
  update hq.store_token set superseded_at = null
  where token_id = (select token_id from working order by created_at desc limit 1)
    and not exists (select from working where superseded_at is null)`;

export const revokeToken = endpoint({
  method: 'delete',
  path: '/stores/{storeId}/tokens/{tokenId}',
  role: 'admin',
  summary:
    'Revokes a token. A connection that came in with it is cut at once. The one before it goes on, if it still works.',
  params: storeParams.extend({ tokenId: z.uuid() }),
  status: 200,
  answer: tokenState,
  async handle(_context, { params, actor, change }) {
    return change(async (tx) => {
      // One at a time: two that are revoked at once would each count on the other.
      await tx.query('select from hq.store where store_id = $1 for no key update', [params.storeId]);
      const { rowCount } = await tx.query(
        `update hq.store_token set revoked_at = coalesce(revoked_at, clock_timestamp())
         where store_id = $1 and token_id = $2`,
        [params.storeId, params.tokenId],
      );
      if (rowCount === 0) throw new AdminError('token_not_found');
      await tx.query(keepTheLast, [params.storeId]);
      const { rows } = await tx.query(`select ${columns} from hq_view.store_tokens where token_id = $1`, [
        params.tokenId,
      ]);
      await audit(tx, actor, 'token.revoke', params.storeId, { tokenId: params.tokenId });
      await tx.query(hintStoreChanged);
      return rows[0] as object;
    });
  },
});
