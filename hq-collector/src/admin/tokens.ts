import { instant } from '@hq-sync/protocol/primitives';
import { z } from 'zod';
import { withTransaction } from '../db/database.js';
import { hashSecret, newSecret } from '../fleet/store-token.js';
import { hintStoreChanged } from '../fleet/watch.js';
import { AdminError } from './admin-error.js';
import { audit } from './audit.js';
import { endpoint } from './endpoint.js';
import { lockLivingStore, storeParams } from './stores.js';

/** Time in which the token before still works after a new one was generated, so that a person can carry it over. */
const defaultOverlapMinutes = 60;
const maxOverlapMinutes = 7 * 24 * 60;

const tokenState = z.object({
  tokenId: z.uuid(),
  state: z.enum(['active', 'revoked', 'expired', 'superseded']),
  createdAt: instant,
  createdBy: z.string(),
  expiresAt: instant.nullable(),
  revokedAt: instant.nullable(),
  supersededAt: instant.nullable(),
  firstUsedAt: instant.nullable(),
  lastUsedAt: instant.nullable(),
});

const columns = `
  token_id as "tokenId", created_at as "createdAt", created_by as "createdBy", expires_at as "expiresAt",
  revoked_at as "revokedAt", superseded_at as "supersededAt", first_used_at as "firstUsedAt", last_used_at as "lastUsedAt",
  case
    when revoked_at is not null then 'revoked'
    when expires_at <= clock_timestamp() then 'expired'
    when superseded_at <= clock_timestamp() then 'superseded'
    else 'active'
  end as state`;

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
      `select ${columns} from hq.store_token where store_id = $1 order by created_at desc`,
      [params.storeId],
    );
    return { items: rows as object[] };
  },
});

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
  async handle({ pool }, { params, body, actor }) {
    const token = newSecret('hqs');
    return withTransaction(pool, async (tx) => {
      await lockLivingStore(tx, params.storeId);
      await tx.query(
        `update hq.store_token
         set superseded_at = least(superseded_at, clock_timestamp() + $2 * interval '1 minute')
         where store_id = $1 and revoked_at is null`,
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

export const revokeToken = endpoint({
  method: 'delete',
  path: '/stores/{storeId}/tokens/{tokenId}',
  role: 'admin',
  summary: 'Revokes a token. A connection that came in with it is cut at once.',
  params: storeParams.extend({ tokenId: z.uuid() }),
  status: 200,
  answer: tokenState,
  async handle({ pool }, { params, actor }) {
    return withTransaction(pool, async (tx) => {
      const { rows } = await tx.query(
        `update hq.store_token set revoked_at = coalesce(revoked_at, clock_timestamp())
         where store_id = $1 and token_id = $2
         returning ${columns}`,
        [params.storeId, params.tokenId],
      );
      if (!rows[0]) throw new AdminError('token_not_found');
      await audit(tx, actor, 'token.revoke', params.storeId, { tokenId: params.tokenId });
      await tx.query(hintStoreChanged);
      return rows[0] as object;
    });
  },
});
