import { enrolRequest, type EnrolAnswer } from '@hq-sync/protocol/enrol';
import express, { type Request, type RequestHandler, type Response } from 'express';
import { audit } from '../admin/audit.js';
import { withTransaction, type Pool } from '../db/database.js';
import type { ClientAddress } from '../http/client-address.js';
import { CodedError } from '../http/coded-error.js';
import { RefusalLimit } from '../http/refusal-limit.js';
import { fieldErrors } from '../socket/read-frame.js';
import { hashSecret } from './store-token.js';
import { hintStoreChanged } from './watch.js';

/** A code has 256 bits: this is against noise in the log, not against guessing. */
const refusalsPerMinute = 30;
const maxBodyBytes = 1_024;

/** `POST /v1/enrol`: trades a one-time code for the token whose hash came with it. */
export function enrolRoute(pool: Pool, addressOf: ClientAddress): RequestHandler[] {
  const readJson = express.json({ limit: maxBodyBytes, type: () => true });
  const refusals = new RefusalLimit(refusalsPerMinute);
  const read: RequestHandler = (request, response, next) =>
    readJson(request, response, (error: unknown) =>
      next(error === undefined ? undefined : new CodedError('enrolment_invalid')),
    );
  const enrol = async (request: Request, response: Response): Promise<void> => {
    const source = addressOf(request);
    requireNoWait(await refusals.waitSeconds(source));
    const parsed = enrolRequest.safeParse(request.body);
    if (!parsed.success)
      throw new CodedError('enrolment_invalid', {
        errors: fieldErrors(parsed.error),
      });
    const answer = await trade(pool, parsed.data.code, Buffer.from(parsed.data.secretHash, 'hex'), source);
    if (!answer) {
      requireNoWait(await refusals.count(source));
      throw new CodedError('enrolment_refused');
    }
    response.status(200).json(answer);
  };
  return [read, enrol];
}

/** @throws CodedError `overloaded` */
function requireNoWait(seconds: number | undefined): void {
  if (seconds !== undefined) throw new CodedError('overloaded', { retryAfterSeconds: seconds });
}

/** Once for each code; the same hash again is answered again, for a store server whose answer was lost. */
async function trade(
  pool: Pool,
  code: string,
  secretHash: Buffer,
  source: string,
): Promise<EnrolAnswer | undefined> {
  return withTransaction(pool, async (tx) => {
    const { rows } = await tx.query<{
      codeId: string;
      storeId: string;
      tokenDays: number | null;
      tokenId: string | null;
    }>(
      `select c.code_id as "codeId", c.store_id as "storeId", c.token_days as "tokenDays", c.token_id as "tokenId"
       from hq.enrolment_code c join hq.store s using (store_id)
       where c.code_hash = $1 and c.expires_at > clock_timestamp() and s.archived_at is null for update of c`,
      [hashSecret(code)],
    );
    const found = rows[0];
    if (!found) return undefined;
    if (found.tokenId !== null) {
      const { rows: given } = await tx.query<{ expiresAt: Date | null }>(
        'select expires_at as "expiresAt" from hq.store_token where token_id = $1 and secret_hash = $2',
        [found.tokenId, secretHash],
      );
      return given[0] && { storeId: found.storeId, expiresAt: given[0].expiresAt?.toISOString() ?? null };
    }
    const { rows: made } = await tx.query<{ tokenId: string; expiresAt: Date | null }>(
      `insert into hq.store_token (store_id, secret_hash, created_by, expires_at)
       values ($1, $2, 'enrolment', clock_timestamp() + $3 * interval '1 day')
       on conflict (secret_hash) do nothing returning token_id as "tokenId", expires_at as "expiresAt"`,
      [found.storeId, secretHash, found.tokenDays],
    );
    if (!made[0]) return undefined; // the hash of a token that is in use: nobody made that by chance
    await tx.query('insert into hq.store_connection (store_id) values ($1) on conflict do nothing', [
      found.storeId,
    ]);
    await tx.query(
      'update hq.enrolment_code set used_at = clock_timestamp(), used_from = $2, token_id = $3 where code_id = $1',
      [found.codeId, source, made[0].tokenId],
    );
    await audit(tx, { id: null, name: 'store server', source }, 'enrolment_code.use', found.storeId, {
      codeId: found.codeId,
      tokenId: made[0].tokenId,
    });
    await tx.query(hintStoreChanged);
    return { storeId: found.storeId, expiresAt: made[0].expiresAt?.toISOString() ?? null };
  });
}
