import { z } from 'zod';
import { id, instant, secretHash } from './primitives.js';

/** `POST /v1/enrol`: a one-time code and the hash of the token that the store server has made. The same again is answered alike. */
export const enrolRequest = z.strictObject({
  code: z.string().regex(/^hqe_[\w-]{43}$/, { error: 'must be an enrolment code' }),
  secretHash,
});
export type EnrolRequest = z.infer<typeof enrolRequest>;

export const enrolAnswer = z.object({
  storeId: id,
  expiresAt: instant.nullable().describe('When the token expires; null: it does not.'),
});
export type EnrolAnswer = z.infer<typeof enrolAnswer>;
