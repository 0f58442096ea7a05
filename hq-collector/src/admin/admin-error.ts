import type { Problem } from '@hq-sync/protocol/push';

/** Errors of the admin API beside those of the wire; each code is stable for ever. */
const definitions = {
  unauthorized: { status: 401, title: 'No valid admin token was sent' },
  forbidden: { status: 403, title: "The token's role does not allow this" },
  rate_limited: { status: 429, title: 'Too many requests' },
  issuer_unavailable: { status: 503, title: 'The issuer of the token cannot be asked for its keys' },
  precondition_failed: { status: 412, title: 'It has been changed since you read it' },
  idempotency_key_reused: { status: 422, title: 'This idempotency key was sent with another request' },
  secret_shown_once: {
    status: 409,
    title: 'This was done before; its answer held a secret, which is shown once and kept nowhere',
  },
  invalid_request: { status: 400, title: 'The request does not fit' },
  body_not_json: { status: 400, title: 'The body is not JSON' },
  body_too_large: { status: 413, title: 'The body is over the limit' },
  store_not_found: { status: 404, title: 'No such store' },
  store_exists: { status: 409, title: 'A store has this id already' },
  store_archived: { status: 409, title: 'The store is archived' },
  no_store_server: { status: 409, title: 'The store has no store server: it was never issued a token' },
  pending_records: {
    status: 409,
    title: "The store's last heartbeat claimed records that wait to be pushed",
  },
  token_not_found: { status: 404, title: 'No such token of this store' },
  token_not_rotatable: { status: 409, title: 'The store has no token in use that could be rotated' },
  admin_token_not_found: { status: 404, title: 'No such admin token' },
  last_admin_token: { status: 409, title: 'This is the last token of an admin' },
  error_not_found: { status: 404, title: 'No such error episode' },
  error_resolved: { status: 409, title: 'The error episode is resolved' },
  quarantine_not_found: { status: 404, title: 'No such record is held in quarantine' },
  timezone_unknown: { status: 400, title: 'The database does not know this time zone' },
  entity_not_found: { status: 404, title: 'HQ knows no such entity' },
  entity_not_pulled: { status: 409, title: 'This entity goes from the stores to HQ' },
  entity_not_pulled_here: {
    status: 409,
    title: 'The store server has asked HQ for other entities, and never for this one: it keeps no copy of it',
  },
  upload_interrupted: {
    status: 503,
    title: 'The database failed in the middle of the upload; nothing has been changed',
  },
  uploads_waiting: { status: 503, title: 'Other uploads are still being taken; nothing has been changed' },
  resync_active: { status: 409, title: 'Another resync of this store is under way' },
  resync_not_found: { status: 404, title: 'No such resync job' },
  resync_ended: { status: 409, title: 'The resync job has ended' },
  rollout_not_found: { status: 404, title: 'No such rollout' },
  rollout_ended: { status: 409, title: 'The rollout has ended' },
  rollout_empty: { status: 409, title: 'No store of these could be resynced' },
  region_not_found: { status: 404, title: 'No store is in this region' },
  maintenance_not_found: { status: 404, title: 'No such maintenance window' },
  maintenance_ended: { status: 409, title: 'The maintenance window has ended' },
  holiday_not_found: { status: 404, title: 'No such holiday' },
  holiday_exists: { status: 409, title: 'This day has other hours for them already' },
  set_not_found: { status: 404, title: 'No such set of stores' },
  store_set_not_found: { status: 409, title: 'No such set of stores' },
  endpoint_not_found: { status: 404, title: 'No such address' },
} as const;

export type AdminErrorCode = keyof typeof definitions;

export class AdminError extends Error {
  constructor(
    readonly code: AdminErrorCode,
    readonly extra: Partial<Record<'detail', string | undefined>> &
      Pick<Problem, 'errors' | 'retryAfterSeconds'> = {},
  ) {
    super(code);
  }

  problem(): Problem {
    const { status, title } = definitions[this.code];
    return {
      type: `urn:hq-sync:error:${this.code}`,
      title,
      status,
      code: this.code,
      retry: status === 429 || status === 503,
      ...this.extra,
    };
  }
}
