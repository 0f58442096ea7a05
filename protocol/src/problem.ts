import { errors, type ErrorCode } from './error-code.js';
import type { Problem } from './push.js';

export const problemContentType = 'application/problem+json';

/** The problem document of a coded error that is an HTTP answer. */
export function problemOf(code: ErrorCode, extra: Partial<Omit<Problem, 'code' | 'status'>> = {}): Problem {
  const definition = errors[code];
  const status = 'status' in definition ? definition.status : undefined;
  if (status === undefined) throw new Error(`${code} is no HTTP answer`);
  return {
    type: `urn:hq-sync:error:${code}`,
    title: definition.title,
    status,
    code,
    retry: definition.retry,
    ...extra,
  };
}
