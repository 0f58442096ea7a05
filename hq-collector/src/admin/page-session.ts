import { withTransaction, type Pool, type Queryable } from '../db/database.js';
import { hashSecret, newSecret } from '../fleet/store-token.js';
import { adminTokenWorks } from './admin-token.js';
import { audit } from './audit.js';

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
  pool: Pool,
  token: string,
  { secure, source }: { readonly secure: boolean; readonly source: string },
): Promise<string | undefined> {
  const secret = newSecret('hqp');
  return withTransaction(pool, async (tx) => {
    const { rows } = await tx.query<{ tokenId: string; name: string }>(
      `with token as (
         select token_id, name, expires_at from hq.admin_token where secret_hash = $1 and ${adminTokenWorks}
       ), opened as (
         insert into hq.page_session (secret_hash, token_id, expires_at)
         select $2, token_id, least(expires_at, clock_timestamp() + $3 * interval '1 hour') from token
       )
       select token_id as "tokenId", name from token`,
      [hashSecret(token), hashSecret(secret), sessionHours],
    );
    if (!rows[0]) return undefined;
    const { name, tokenId } = rows[0];
    await audit(tx, { id: tokenId, name, source }, 'page.login', null, {});
    return cookie(secret, sessionHours * 3_600, secure);
  });
}

/** @returns the `Set-Cookie` that forgets it. */
export async function closeSession(pool: Pool, secret: string, source: string): Promise<string> {
  await withTransaction(pool, async (tx) => {
    const { rows } = await tx.query<{ tokenId: string; name: string }>(
      `delete from hq.page_session using hq.admin_token t
       where page_session.secret_hash = $1 and t.token_id = page_session.token_id
       returning t.token_id as "tokenId", t.name`,
      [hashSecret(secret)],
    );
    if (!rows[0]) return;
    const { name, tokenId } = rows[0];
    await audit(tx, { id: tokenId, name, source }, 'page.logout', null, {});
  });
  return cookie('', 0, false);
}

/** Of the sessions with these hashes those that still let their person in, each hash in hexadecimal. */
export const openSessions = `
  select encode(secret_hash, 'hex') as session from hq.page_session
  where secret_hash = any($1::bytea[]) and expires_at > clock_timestamp()
    and token_id in (select token_id from hq.admin_token where ${adminTokenWorks})`;

function cookie(value: string, maxAgeSeconds: number, secure: boolean): string {
  return `${cookieName}=${value}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${maxAgeSeconds}${secure ? '; Secure' : ''}`;
}
