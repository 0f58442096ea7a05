import { errors, type ErrorCode, type ErrorKind } from '@hq-sync/protocol/error-code';

/** The kind of sync error that a code counts as. */
export function kindOf(code: ErrorCode): ErrorKind | undefined {
  const definition = errors[code];
  return 'kind' in definition ? definition.kind : undefined;
}
