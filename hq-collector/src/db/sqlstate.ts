/** What a database failure means for the caller. SQLSTATE decides, never a message's words. */
export type DatabaseFailure = 'unavailable' | 'conflict' | 'data' | 'other';

/** Whether the server answered with a coded error (and so the connection is sound). */
export function isSqlState(error: unknown): error is Error & { code: string } {
  const code = (error as { code?: unknown } | null)?.code;
  return (
    typeof code === 'string' &&
    /^[0-9A-Z]{5}$/.test(code) &&
    (error as { severity?: unknown }).severity !== undefined
  );
}

export function databaseFailure(error: unknown): DatabaseFailure {
  if (!isSqlState(error)) return fromDriver(error) ? 'unavailable' : 'other';
  const code = error.code;
  // 08 connection, 53 out of resources, 57 shut down or cancelled (57014: our own statement timeout), 58 disk,
  // 25P03 idle in transaction.
  if (/^(08|53|57|58)/.test(code) || code === '25P03') return 'unavailable';
  if (code === '40001' || code === '40P01') return 'conflict';
  // 22 data exception, 54 program limit (nesting, row size).
  if (/^(22|54)/.test(code)) return 'data';
  return 'other';
}

/**
 * Failures of the driver or the socket carry no SQLSTATE. A programming error of ours does not either, but it is a
 * TypeError, RangeError or the like.
 */
function fromDriver(error: unknown): boolean {
  return (
    error instanceof Error &&
    (error.constructor === Error || error.constructor === AggregateError || 'errno' in error)
  );
}
