import type { Queryable } from '../db/database.js';
import { hashSecret, newSecret } from '../fleet/store-token.js';
import { adminTokenWorks } from './admin-token.js';

const cookieName = 'hq_session';
const sessionInCookies = new RegExp(`(?:^|;\\s*)${cookieName}=(hqp_[\\w-]{43})(?:;|$)`);
const sessionHours = 12;

/** The secret of a login of the page, from a `Cookie` header. */
export function sessionSecret(cookie: string | undefined): string | undefined {
  return cookie?.match(sessionInCookies)?.[1];
}

/** Whose session a `Cookie` header holds: the name of the admin token; undefined when it is none, or no more. */
export async function sessionName(db: Queryable, cookie: string | undefined): Promise<string | undefined> {
  const secret = sessionSecret(cookie);
  if (secret === undefined) return undefined;
  const { rows } = await db.query<{ name: string }>(
    `select name from hq.admin_token
     where ${adminTokenWorks} and token_id = (
       select token_id from hq.page_session where secret_hash = $1 and expires_at > clock_timestamp())`,
    [hashSecret(secret)],
  );
  return rows[0]?.name;
}

/** @returns the `Set-Cookie` of a new session; undefined when the token is none. */
export async function openSession(
  db: Queryable,
  token: string,
  secure: boolean,
): Promise<string | undefined> {
  const secret = newSecret('hqp');
  const { rowCount } = await db.query(
    `insert into hq.page_session (secret_hash, token_id, expires_at)
     select $2, token_id, least(expires_at, clock_timestamp() + $3 * interval '1 hour') from hq.admin_token
     where secret_hash = $1 and ${adminTokenWorks}`,
    [hashSecret(token), hashSecret(secret), sessionHours],
  );
  return rowCount === 1 ? cookie(secret, sessionHours * 3_600, secure) : undefined;
}

/** @returns the `Set-Cookie` that forgets it. */
export async function closeSession(db: Queryable, secret: string): Promise<string> {
  await db.query('delete from hq.page_session where secret_hash = $1', [hashSecret(secret)]);
  return cookie('', 0, false);
}

function cookie(value: string, maxAgeSeconds: number, secure: boolean): string {
  return `${cookieName}=${value}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${maxAgeSeconds}${secure ? '; Secure' : ''}`;
}
