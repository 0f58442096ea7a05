/** Why the store did not take a record or request of the POS, with the HTTP status that says so. */
export const intakeErrors = {
  record_invalid: { status: 422, title: 'A record does not fit its schema' },
  revision_conflict: { status: 409, title: 'This revision of the record is queued with other content' },
  queue_full: { status: 507, title: 'The queue has reached its bound on disk' },
  queue_unavailable: { status: 503, title: 'The queue cannot be written' },
  entity_invalid: { status: 404, title: 'This is no name of an entity' },
  registers_full: { status: 507, title: 'Too many registers are open' },
  body_invalid: { status: 400, title: 'The body cannot be read' },
  body_too_large: { status: 413, title: 'The body is over the limit' },
  content_type_unsupported: { status: 415, title: 'Send application/json or application/x-ndjson' },
  entity_not_pulled: { status: 404, title: 'This store keeps no copy of this entity' },
  record_not_found: { status: 404, title: "The store's copy has no such record" },
  copy_unavailable: { status: 503, title: "The store's copy of HQ's data cannot be read" },
  not_found: { status: 404, title: 'No such address' },
  internal_error: { status: 500, title: 'The store agent failed to handle the request' },
} as const;

export type IntakeErrorCode = keyof typeof intakeErrors;

export interface FieldError {
  /** E.g. `data.lines[0].quantity`; of a batch, `line 3: data.lines[0].quantity`. */
  path: string;
  message: string;
}

export class IntakeError extends Error {
  constructor(
    readonly code: IntakeErrorCode,
    message: string = intakeErrors[code].title,
    readonly fields: readonly FieldError[] = [],
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'IntakeError';
  }

  get status(): number {
    return intakeErrors[this.code].status;
  }
}
