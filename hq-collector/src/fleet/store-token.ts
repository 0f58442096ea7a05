import { createHash, randomBytes } from 'node:crypto';
import type { Queryable } from '../db/database.js';

/** 256 random bits; the prefix lets people and secret scanners know it for what it is. */
export function newSecret(prefix: 'hqs' | 'hqa' | 'hqe' | 'hqp'): string {
  return `${prefix}_${randomBytes(32).toString('base64url')}`;
}

/** What Postgres keeps of a secret. Looking a hash up by its index leaks nothing about the secret by time. */
export function hashSecret(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}

const maxSecretChars = 512;

/** The secret of an `Authorization: Bearer` header; undefined when it is none, or longer than may be. */
export function bearerSecret(
  header: string | undefined,
  maxChars: number = maxSecretChars,
): string | undefined {
  const secret = header?.match(/^Bearer +([\x21-\x7e]+)$/i)?.[1];
  return secret !== undefined && secret.length <= maxChars ? secret : undefined;
}

export interface StoreIdentity {
  readonly storeId: string;
  readonly tokenId: string;
}

const tokenRejections = [
  'token_missing',
  'token_unknown',
  'token_expired',
  'token_revoked',
  'token_superseded',
] as const;
export type TokenRejection = (typeof tokenRejections)[number];

export const isTokenRejection = (code: string): code is TokenRejection =>
  (tokenRejections as readonly string[]).includes(code);

/** `storeId` is there when HQ knows whose token it was. */
export type Authentication =
  | { readonly accepted: true; readonly identity: StoreIdentity }
  | { readonly accepted: false; readonly code: TokenRejection; readonly storeId?: string };

/** Whose token this is, read afresh each time: a revoked one works nowhere from the moment of its commit. */
export async function authenticate(
  db: Queryable,
  authorization: string | undefined,
): Promise<Authentication> {
  const secret = bearerSecret(authorization);
  if (secret === undefined) return { accepted: false, code: 'token_missing' };
  const { rows } = await db.query<{ store_id: string; token_id: string; rejection: TokenRejection | null }>(
    tokenByHash,
    [hashSecret(secret)],
  );
  const row = rows[0];
  if (!row) return { accepted: false, code: 'token_unknown' };
  if (row.rejection) return { accepted: false, code: row.rejection, storeId: row.store_id };
  return { accepted: true, identity: { storeId: row.store_id, tokenId: row.token_id } };
}

/** Why a token is no longer taken; null while it is. One rule for the door and for the connections already inside. */
export const tokenRejection = `
  case
    when t.revoked_at is not null or s.archived_at is not null then 'token_revoked'
    when t.expires_at <= clock_timestamp() then 'token_expired'
    when t.superseded_at <= clock_timestamp() then 'token_superseded'
    when t.pending_until <= clock_timestamp() then 'token_expired'
  end`;

const tokenByHash = `
  select t.store_id, t.token_id, ${tokenRejection} as rejection
  from hq.store_token t
  join hq.store s using (store_id)
  where t.secret_hash = $1`;
