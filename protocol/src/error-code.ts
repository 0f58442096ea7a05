// One subject: the table of all codes; long because each has its status, words and advice in one place.
/** The kinds an operator sees; every failed sync operation has exactly one. */
export const errorKinds = [
  'network_timeout',
  'payload_too_large',
  'schema_mismatch',
  'token_rejected',
  'record_rejected',
  'overloaded',
  'malformed_request',
] as const;
export type ErrorKind = (typeof errorKinds)[number];

export interface ErrorDefinition {
  /** HTTP status of the answer, where the error is an HTTP answer. */
  readonly status?: number;
  /** WebSocket close code, where the error ends the connection. */
  readonly close?: number;
  /** Kind of sync error it counts as; none for what is no sync operation. */
  readonly kind?: ErrorKind;
  /** Whether sending the same thing again, later and unchanged, can succeed. */
  readonly retry: boolean;
  readonly title: string;
  /** What the store server does about it. */
  readonly advice: string;
}

const define = <T extends Record<string, ErrorDefinition>>(codes: T): T => codes;

/** Every coded error of the wire. A code is stable for ever; titles may be reworded. */
export const errors = define({
  // who are you
  token_missing: {
    status: 401,
    kind: 'token_rejected',
    retry: false,
    title: 'No sync token was sent',
    advice: 'Send `Authorization: Bearer <token>`.',
  },
  token_unknown: {
    status: 401,
    close: 4401,
    kind: 'token_rejected',
    retry: false,
    title: 'The sync token is not known to HQ',
    advice: "Keep queueing, retry slowly; a person generates a new token in the store's settings.",
  },
  token_expired: {
    status: 401,
    close: 4401,
    kind: 'token_rejected',
    retry: false,
    title: 'The sync token has expired',
    advice: "Keep queueing, retry slowly; a person generates a new token in the store's settings.",
  },
  token_revoked: {
    status: 401,
    close: 4401,
    kind: 'token_rejected',
    retry: false,
    title: 'The sync token was revoked',
    advice: "Keep queueing, retry slowly; a person generates a new token in the store's settings.",
  },
  token_superseded: {
    status: 401,
    close: 4401,
    kind: 'token_rejected',
    retry: false,
    title: 'The sync token was superseded by a newer one',
    advice: 'Use the newer token.',
  },
  store_mismatch: {
    close: 4403,
    kind: 'token_rejected',
    retry: false,
    title: 'The token belongs to another store',
    advice: "Correct the store id or the token in the store server's settings.",
  },
  // the socket
  subprotocol_unsupported: {
    status: 400,
    retry: false,
    title: 'No common subprotocol',
    advice: 'Offer the subprotocol that names the wire version; update the store server.',
  },
  upgrade_required: {
    status: 426,
    retry: false,
    title: 'This address speaks WebSocket only',
    advice: 'Open it as a WebSocket.',
  },
  hello_expected: {
    close: 4400,
    retry: false,
    title: 'The first frame was not a hello',
    advice: 'Send `hello` first.',
  },
  hello_repeated: {
    retry: false,
    title: 'A hello came on a connection that had one',
    advice: 'Say hello once a connection.',
  },
  hello_timeout: {
    close: 4408,
    retry: true,
    title: 'No hello came in time',
    advice: 'Connect again and send `hello` at once.',
  },
  frame_not_text: { retry: false, title: 'A binary frame came', advice: 'Send JSON as text frames.' },
  frame_not_json: { retry: false, title: 'A frame was not JSON', advice: 'Send one JSON object a frame.' },
  frame_unknown_type: {
    retry: false,
    title: 'A frame had an unknown type',
    advice: 'Send only the types of this version.',
  },
  frame_invalid: {
    retry: false,
    title: 'A frame did not fit its type',
    advice: 'Correct the field that `path` names.',
  },
  frame_too_large: {
    close: 1009,
    retry: false,
    title: 'A frame was larger than the limit',
    advice: 'Keep frames under `maxFrameBytes`.',
  },
  frame_flood: {
    close: 4429,
    retry: true,
    title: 'Too many frames, or too many bad ones',
    advice: 'Connect again after a minute.',
  },
  replaced: {
    close: 4409,
    retry: true,
    title: 'A newer connection of this store took over',
    advice: 'Wait at least 60 s before connecting again.',
  },
  shutting_down: {
    status: 503,
    close: 1012,
    retry: true,
    title: 'This HQ process is shutting down',
    advice: 'Connect again after `reconnectAfterMs`.',
  },
  // a push
  entity_unknown: {
    status: 404,
    kind: 'malformed_request',
    retry: false,
    title: 'HQ knows no such entity',
    advice: 'Hold the records of this entity; update the store server or HQ.',
  },
  entity_not_pushed: {
    status: 409,
    kind: 'malformed_request',
    retry: false,
    title: 'This entity goes from HQ to the stores',
    advice: 'Do not push it.',
  },
  headers_invalid: {
    status: 400,
    kind: 'malformed_request',
    retry: false,
    title: 'A header of the batch is missing or malformed',
    advice: 'Send `HQ-Batch-Id` and `HQ-Schema-Version`.',
  },
  content_type_unsupported: {
    status: 415,
    kind: 'malformed_request',
    retry: false,
    title: 'The body is not NDJSON',
    advice: 'Send `Content-Type: application/x-ndjson`.',
  },
  content_encoding_unsupported: {
    status: 415,
    kind: 'malformed_request',
    retry: false,
    title: 'The body has an unknown encoding',
    advice: 'Send it plain or as gzip.',
  },
  gzip_invalid: {
    status: 400,
    kind: 'malformed_request',
    retry: true,
    title: 'The gzip body is broken or cut short',
    advice: 'Send the batch again.',
  },
  body_incomplete: {
    status: 400,
    kind: 'network_timeout',
    retry: true,
    title: 'The body ended before its announced length',
    advice: 'Send the batch again with backoff.',
  },
  batch_empty: {
    status: 400,
    kind: 'malformed_request',
    retry: false,
    title: 'The batch has no record',
    advice: 'Send at least one record.',
  },
  body_timeout: {
    status: 408,
    kind: 'network_timeout',
    retry: true,
    title: 'The body stalled past its deadline',
    advice: 'Retry with backoff and jitter.',
  },
  batch_too_large: {
    status: 413,
    kind: 'payload_too_large',
    retry: false,
    title: 'The batch is over the limit of records or bytes',
    advice: 'Split it and send the parts, down to one record.',
  },
  record_too_large: {
    status: 413,
    kind: 'payload_too_large',
    retry: false,
    title: 'A record of the batch is over the limit of bytes',
    advice: 'Split down to that record; keep it at the store and report it.',
  },
  schema_mismatch: {
    status: 409,
    kind: 'schema_mismatch',
    retry: true,
    title: 'HQ does not take this schema version',
    advice: 'Keep the queue and wait; a person updates the store server.',
  },
  overloaded: {
    status: 429,
    kind: 'overloaded',
    retry: true,
    title: 'HQ takes no more work just now',
    advice: 'Wait `Retry-After` seconds and retry.',
  },
  quarantine_full: {
    status: 429,
    kind: 'overloaded',
    retry: true,
    title: 'Too many records of this store are in quarantine',
    advice: 'Keep the queue and retry slowly; a person clears the quarantine.',
  },
  database_unavailable: {
    status: 503,
    kind: 'overloaded',
    retry: true,
    title: "HQ's database cannot be reached",
    advice: 'Wait `Retry-After` seconds and retry.',
  },
  internal_error: {
    status: 500,
    kind: 'overloaded',
    retry: true,
    title: 'HQ failed to handle the request',
    advice: "Retry with backoff; HQ's log has the reason.",
  },
  not_found: {
    status: 404,
    retry: false,
    title: 'No such address',
    advice: 'Use the addresses of this document.',
  },
  method_not_allowed: {
    status: 405,
    retry: false,
    title: 'The address does not take this method',
    advice: 'Use the methods of this document.',
  },
  // a pull
  entity_not_pulled: {
    status: 409,
    kind: 'malformed_request',
    retry: false,
    title: 'This entity goes from the stores to HQ',
    advice: 'Do not pull it.',
  },
  pull_invalid: {
    status: 400,
    kind: 'malformed_request',
    retry: false,
    title: 'The body of the pull does not fit',
    advice: 'Correct the field that `errors` names.',
  },
  enrolment_invalid: {
    status: 400,
    retry: false,
    title: 'The body of the enrolment does not fit',
    advice: 'Correct the field that `errors` names.',
  },
  enrolment_refused: {
    status: 403,
    retry: false,
    title: 'The enrolment code is unknown, used or expired',
    advice: 'Ask HQ for a new code.',
  },
  cursor_expired: {
    status: 410,
    retry: false,
    title: 'HQ has forgotten deletes since this cursor',
    advice: 'Pull from the start, with `cursor` null.',
  },
  cursor_unknown: {
    status: 410,
    retry: false,
    title: 'The cursor is of a history that HQ does not have, as after a restore from a backup',
    advice: 'Pull from the start, with `cursor` null.',
  },
  page_unconfirmed: {
    kind: 'network_timeout',
    retry: true,
    title: 'The store did not confirm a page in time',
    advice: 'The store pulls on from its own cursor; nothing is lost.',
  },
  // one record of a push: it is quarantined and the rest of its batch commits
  record_not_json: {
    kind: 'record_rejected',
    retry: false,
    title: 'The line is not a JSON object',
    advice: 'HQ keeps it; a person looks, corrects, replays.',
  },
  record_invalid: {
    kind: 'record_rejected',
    retry: false,
    title: "The record does not fit its entity's schema",
    advice: 'HQ keeps it; a person looks, corrects, replays.',
  },
  record_text_invalid: {
    kind: 'record_rejected',
    retry: false,
    title: 'A text of the record has U+0000 or half a surrogate pair',
    advice: 'HQ keeps it; a person looks, corrects, replays.',
  },
  record_totals_differ: {
    kind: 'record_rejected',
    retry: false,
    title: "The sale's lines do not add up to its totals",
    advice: 'HQ keeps it; a person looks, corrects, replays.',
  },
  record_foreign_currency: {
    kind: 'record_rejected',
    retry: false,
    title: "The sale's currency is not the store's",
    advice: "HQ keeps it; a person corrects the store's currency or the record, and replays.",
  },
  record_in_the_future: {
    kind: 'record_rejected',
    retry: false,
    title: "The record's instant is more than 24 h ahead, the store's clock skew taken out",
    advice: 'HQ keeps it; a person looks, corrects, replays.',
  },
  record_revision_conflict: {
    kind: 'record_rejected',
    retry: false,
    title: 'HQ holds this revision with other content',
    advice: 'HQ keeps both; a person decides. The store numbers a change with a higher revision.',
  },
  record_unstorable: {
    kind: 'record_rejected',
    retry: false,
    title: 'HQ cannot hold the record: nested over 100 levels, a number beyond a double, a key `__proto__`',
    advice: 'HQ keeps it as bytes; a person looks.',
  },
  // what the store alone can see, told by a report frame
  store_timeout: {
    kind: 'network_timeout',
    retry: true,
    title: 'The store waited for HQ and gave up',
    advice: 'Retried with backoff by itself.',
  },
});

export type ErrorCode = keyof typeof errors;

export const errorCodes = Object.keys(errors) as [ErrorCode, ...ErrorCode[]];

/** Codes under which HQ quarantines a single record. */
export type RecordErrorCode = Extract<ErrorCode, `record_${string}`>;

/** What happens by itself, and what a person does, for each kind: the same words in every place that shows one. */
export const kindAdvice: Readonly<Record<ErrorKind, { readonly itself: string; readonly person: string }>> = {
  network_timeout: {
    itself: 'Retried with backoff and jitter.',
    person: "Nothing, unless it lasts: then look at the store's line.",
  },
  payload_too_large: {
    itself: 'The agent splits the batch and retries, down to one record.',
    person: 'Nothing; a single record over the limit is kept at the store and reported.',
  },
  schema_mismatch: { itself: 'Push waits; nothing is dropped.', person: 'Update the store server.' },
  token_rejected: {
    itself: 'The agent keeps queueing and retries slowly.',
    person: "Generate a new token in the store's settings.",
  },
  record_rejected: { itself: 'The rest of the batch commits.', person: 'Look, correct, replay.' },
  overloaded: {
    itself: 'The agent waits and retries.',
    person: 'Nothing, unless it lasts: then look at the collector and its database.',
  },
  malformed_request: {
    itself: 'Retried slowly.',
    person: 'Update the store server, or look for a proxy that changes its requests.',
  },
};
