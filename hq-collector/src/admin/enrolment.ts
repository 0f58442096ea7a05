import { instant } from '@hq-sync/protocol/primitives';
import { z } from 'zod';
import { hashSecret, newSecret } from '../fleet/store-token.js';
import { audit } from './audit.js';
import { endpoint } from './endpoint.js';
import { lockLivingStore, storeParams } from './stores.js';

const defaultMinutes = 24 * 60;
const maxMinutes = 30 * 24 * 60;

export const createEnrolmentCode = endpoint({
  method: 'post',
  path: '/stores/{storeId}/enrolment-codes',
  role: 'admin',
  summary:
    'Makes a code that a store server trades, once, for its sync token; the codes before it end. It is in this answer and nowhere else, ever.',
  params: storeParams,
  body: z.strictObject({
    expiresInMinutes: z.int().min(1).max(maxMinutes).default(defaultMinutes),
    tokenExpiresInDays: z.int().min(1).max(3_650).optional().describe('Left out: the token does not expire.'),
  }),
  status: 201,
  answer: z.object({ codeId: z.uuid(), code: z.string(), expiresAt: instant }),
  secret: true,
  async handle(_context, { params: { storeId }, body, actor, change }) {
    const code = newSecret('hqe');
    return change(async (tx) => {
      await lockLivingStore(tx, storeId);
      await tx.query(
        `update hq.enrolment_code set expires_at = clock_timestamp()
         where store_id = $1 and used_at is null and expires_at > clock_timestamp()`,
        [storeId],
      );
      const { rows } = await tx.query<{ codeId: string; expiresAt: Date }>(
        `insert into hq.enrolment_code (store_id, code_hash, token_days, created_by, expires_at)
         values ($1, $2, $3, $4, clock_timestamp() + $5 * interval '1 minute')
         returning code_id as "codeId", expires_at as "expiresAt"`,
        [storeId, hashSecret(code), body.tokenExpiresInDays ?? null, actor.name, body.expiresInMinutes],
      );
      await audit(tx, actor, 'enrolment_code.create', storeId, { ...body, codeId: rows[0]!.codeId });
      return { ...rows[0]!, code };
    });
  },
});
