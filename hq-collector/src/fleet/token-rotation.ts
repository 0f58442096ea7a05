import type { NewToken } from '@hq-sync/protocol/store-message';
import { audit } from '../admin/audit.js';
import { withTransaction, type Pool } from '../db/database.js';

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
 * @param source address that the store server speaks from.
 * @returns until when it can be used for the first time; undefined when no rotation waits: nothing was asked for.
 */
export async function keepNewToken(
  pool: Pool,
  storeId: string,
  { commandId, secretHash }: NewToken,
  source: string,
): Promise<Date | undefined> {
  return withTransaction(pool, async (tx) => {
    const { rows } = await tx.query<{ tokenId: string; pendingUntil: Date; isNew: boolean }>(addPending, [
      storeId,
      commandId,
      Buffer.from(secretHash, 'hex'),
      usableMinutes,
    ]);
    if (!rows[0]) return undefined;
    const { tokenId, pendingUntil, isNew } = rows[0];
    if (isNew)
      await audit(tx, { id: null, name: 'store server', source }, 'token.renew', storeId, {
        commandId,
        tokenId,
      });
    return pendingUntil;
  });
}

// A pending token that another one takes the place of lapses at once. A hash that is known already keeps its time; of a row
// that was updated, not inserted, xmax is this transaction.
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
  returning token_id as "tokenId", pending_until as "pendingUntil", xmax = 0 as "isNew"`;
