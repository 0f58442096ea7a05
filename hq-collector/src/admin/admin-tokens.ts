import { instant, text } from '@hq-sync/protocol/primitives';
import { z } from 'zod';
import { hashSecret, newSecret } from '../fleet/store-token.js';
import { AdminError } from './admin-error.js';
import { adminTokenWorks } from './admin-token.js';
import { audit } from './audit.js';
import { endpoint, roles } from './endpoint.js';

const adminToken = z.object({
  tokenId: z.uuid(),
  name: z.string(),
  role: z.enum(roles),
  state: z.enum(['active', 'revoked', 'expired']),
  speaksForPeople: z.boolean(),
  createdAt: instant,
  createdBy: z.string(),
  expiresAt: instant.nullable(),
  revokedAt: instant.nullable(),
  lastUsedAt: instant.nullable().describe('To the minute.'),
});

const columns = `
  token_id as "tokenId", name, role, speaks_for_people as "speaksForPeople", created_at as "createdAt",
  created_by as "createdBy", expires_at as "expiresAt", revoked_at as "revokedAt", last_used_at as "lastUsedAt",
  case
    when revoked_at is not null then 'revoked'
    when expires_at <= clock_timestamp() then 'expired'
    else 'active'
  end as state`;

export const listAdminTokens = endpoint({
  method: 'get',
  path: '/admin-tokens',
  role: 'admin',
  summary: 'Tokens of the admin API, newest first; never their secrets.',
  status: 200,
  answer: z.object({ items: z.array(adminToken) }),
  async handle({ pool }) {
    const { rows } = await pool.query(`select ${columns} from hq.admin_token order by created_at desc`);
    return { items: rows as object[] };
  },
});

export const createAdminToken = endpoint({
  method: 'post',
  path: '/admin-tokens',
  role: 'admin',
  summary: 'Makes a token of the admin API. The secret is in this answer and nowhere else, ever.',
  body: z.strictObject({
    name: text(200).describe('Who or what uses it: the audit log has this name.'),
    role: z.enum(roles),
    expiresInDays: z.int().min(1).max(3_650).default(365),
    speaksForPeople: z
      .boolean()
      .default(false)
      .describe('Of a program that says which person it asks for (`X-Grafana-User`): it is believed.'),
  }),
  status: 201,
  answer: adminToken.extend({ token: z.string() }),
  secret: true,
  async handle(_context, { body, actor, change }) {
    const token = newSecret('hqa');
    return change(async (tx) => {
      const { rows } = await tx.query<object & { tokenId: string }>(
        `insert into hq.admin_token (name, role, secret_hash, expires_at, speaks_for_people, created_by)
         values ($1, $2, $3, clock_timestamp() + $4 * interval '1 day', $5, $6) returning ${columns}`,
        [body.name, body.role, hashSecret(token), body.expiresInDays, body.speaksForPeople, actor.name],
      );
      await audit(tx, actor, 'admin_token.create', null, { ...body, tokenId: rows[0]!.tokenId });
      return { ...rows[0]!, token };
    });
  },
});

export const revokeAdminToken = endpoint({
  method: 'delete',
  path: '/admin-tokens/{tokenId}',
  role: 'admin',
  summary: 'Revokes a token of the admin API; the last one of an admin stays.',
  params: z.object({ tokenId: z.uuid() }),
  status: 200,
  answer: adminToken,
  async handle(_context, { params: { tokenId }, actor, change }) {
    return change(async (tx) => {
      // All of them, in one order: two admins who revoke each other do not lock everybody out.
      await tx.query(`select from hq.admin_token where role = 'admin' order by token_id for update`);
      const { rows: others } = await tx.query<{ others: number }>(
        `select count(*)::integer as others from hq.admin_token
         where role = 'admin' and token_id <> $1 and ${adminTokenWorks}`,
        [tokenId],
      );
      const { rows } = await tx.query<{ name: string; role: string }>(
        `update hq.admin_token set revoked_at = coalesce(revoked_at, clock_timestamp()) where token_id = $1 returning ${columns}`,
        [tokenId],
      );
      if (!rows[0]) throw new AdminError('admin_token_not_found');
      if (rows[0].role === 'admin' && others[0]!.others === 0) throw new AdminError('last_admin_token');
      await audit(tx, actor, 'admin_token.revoke', null, { tokenId, name: rows[0].name });
      return rows[0];
    });
  },
});
