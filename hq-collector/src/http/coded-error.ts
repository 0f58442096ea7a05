import type { ErrorCode } from '@hq-sync/protocol/error-code';
import type { Problem } from '@hq-sync/protocol/push';
import { databaseFailure } from '../db/sqlstate.js';

/** An error of the wire on its way to become an answer. */
export class CodedError extends Error {
  constructor(
    readonly code: ErrorCode,
    readonly extra: Partial<Omit<Problem, 'code' | 'status'>> = {},
  ) {
    super(code);
  }
}

/** What any failure is on the wire. */
export function codedError(error: unknown): CodedError {
  if (error instanceof CodedError) return error;
  return new CodedError(databaseFailure(error) === 'unavailable' ? 'database_unavailable' : 'internal_error');
}
