import { readFile, writeFile } from 'node:fs/promises';
import type { Pool, Queryable } from '../db/database.js';
import { bearerSecret, hashSecret, newSecret } from '../fleet/store-token.js';
import type { Role } from './endpoint.js';

/** Whether a row of hq.admin_token is still taken: one rule for requests, logins and for who would be left. */
export const adminTokenWorks =
  '(revoked_at is null and (expires_at is null or expires_at > clock_timestamp()))';

/** The first admin token could not be read or written; the message is for a person. */
export class AdminTokenFileError extends Error {
  override name = 'AdminTokenFileError';
}

/**
 * Makes the token in `file` an admin's. When there is no such file and no admin token either, makes a new one and
 * writes it there, mode 0600; several collectors that start at once agree on one.
 * @returns 'written' when the file is new.
 */
export async function ensureAdminToken(pool: Pool, file: string): Promise<'read' | 'written' | 'exists'> {
  const given = await readFile(file, 'utf8').then(
    (content) => content.trim(),
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw new AdminTokenFileError(`The admin token file ${file} cannot be read: ${error.message}`);
    },
  );
  if (given !== undefined) {
    if (bearerSecret(`Bearer ${given}`) === undefined || given.length < 20) {
      throw new AdminTokenFileError(
        `The admin token file ${file} does not hold one token of at least 20 characters.`,
      );
    }
    await addAdminToken(pool, 'first admin', 'admin', given);
    return 'read';
  }
  const { rows } = await pool.query<{ exists: boolean }>(
    'select exists (select from hq.admin_token) as exists',
  );
  if (rows[0]?.exists) return 'exists';
  const secret = newSecret('hqa');
  await writeFile(file, `${secret}\n`, { mode: 0o600, flag: 'wx' }).catch((error: Error) => {
    throw new AdminTokenFileError(`The first admin token cannot be written to ${file}: ${error.message}`);
  });
  await addAdminToken(pool, 'first admin', 'admin', secret);
  return 'written';
}

export async function addAdminToken(db: Queryable, name: string, role: Role, secret: string): Promise<void> {
  await db.query(
    'insert into hq.admin_token (name, role, secret_hash) values ($1, $2, $3) on conflict (secret_hash) do nothing',
    [name, role, hashSecret(secret)],
  );
}
