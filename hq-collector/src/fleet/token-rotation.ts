import type { NewToken } from '@hq-sync/protocol/store-message';
import type { Queryable } from '../db/database.js';

/** A store server that does not come back with its new token within this keeps the old one. */
const usableMinutes = 10;

/** How a rotation is to be, in the command that asks for it. */
export interface RotationOptions {
  /** For how long the tokens before still work once the new one was used. */
  readonly graceMinutes: number;
  /** Of the new token; null: it does not expire. */
  readonly expiresInDays: number | null;
}

/**
 * Keeps the hash of a store's new token as pending, once for each waiting `rotate_token`.
 * @returns until when it can be used for the first time; undefined when no rotation waits: nothing was asked for.
 */
export async function keepNewToken(
  db: Queryable,
  storeId: string,
  { commandId, secretHash }: NewToken,
): Promise<Date | undefined> {
  const { rows } = await db.query<{ pending_until: Date }>(addPending, [
    storeId,
    commandId,
    Buffer.from(secretHash, 'hex'),
    usableMinutes,
  ]);
  return rows[0]?.pending_until;
}

// A pending token that another one takes the place of lapses at once. A hash that is known already keeps its time.
const addPending = `
  with asked as (
    select created_by, options from hq.store_command
    where command_id = $2 and store_id = $1 and command = 'rotate_token' and done_at is null
  ), replaced as (
    update hq.store_token t set pending_until = clock_timestamp() from asked
    where t.store_id = $1 and t.pending_until > clock_timestamp() and t.secret_hash <> $3
  )
  insert into hq.store_token as t (store_id, secret_hash, created_by, expires_at, pending_until, grace)
  select $1, $3, created_by, clock_timestamp() + (options ->> 'expiresInDays')::integer * interval '1 day',
    clock_timestamp() + $4 * interval '1 minute', (options ->> 'graceMinutes')::integer * interval '1 minute'
  from asked
  on conflict (secret_hash) do update set pending_until = t.pending_until where t.store_id = excluded.store_id
  returning pending_until`;
