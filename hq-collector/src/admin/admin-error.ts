import type { Problem } from '@hq-sync/protocol/push';

/** Errors of the admin API beside those of the wire; each code is stable for ever. */
const definitions = {
  unauthorized: { status: 401, title: 'No valid admin token was sent' },
  forbidden: { status: 403, title: "The token's role does not allow this" },
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
  quarantine_not_found: { status: 404, title: 'No such record is held in quarantine' },
  timezone_unknown: { status: 400, title: 'The database does not know this time zone' },
  entity_not_found: { status: 404, title: 'HQ knows no such entity' },
  entity_not_pulled: { status: 409, title: 'This entity goes from the stores to HQ' },
  upload_interrupted: {
    status: 503,
    title: 'The database failed in the middle of the upload; nothing has been changed',
  },
  resync_active: { status: 409, title: 'Another resync of this store is under way' },
  resync_not_found: { status: 404, title: 'No such resync job' },
  resync_ended: { status: 409, title: 'The resync job has ended' },
  region_not_found: { status: 404, title: 'No store is in this region' },
  maintenance_not_found: { status: 404, title: 'No such maintenance window' },
  maintenance_ended: { status: 409, title: 'The maintenance window has ended' },
  holiday_not_found: { status: 404, title: 'No such holiday' },
  holiday_exists: { status: 409, title: 'This day has other hours for them already' },
  store_set_not_found: { status: 409, title: 'No such set of stores' },
  endpoint_not_found: { status: 404, title: 'No such address' },
} as const;

export type AdminErrorCode = keyof typeof definitions;

export class AdminError extends Error {
  constructor(
    readonly code: AdminErrorCode,
    readonly extra: Partial<Record<'detail', string | undefined>> & Pick<Problem, 'errors'> = {},
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
      retry: false,
      ...this.extra,
    };
  }
}
