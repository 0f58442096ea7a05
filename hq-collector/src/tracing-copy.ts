import type { PgInstrumentation } from '@opentelemetry/instrumentation-pg';

/** What pg-copy-streams hands to `client.query`. */
interface CopyQuery {
  callback(error?: Error): void;
  handleError(error: Error): void;
}

type Query = (this: unknown, ...args: unknown[]) => unknown;

/**
 * Makes the span of a COPY end, and say whether it failed: the instrumentation ends it by the query's own callback, and
 * a query of pg-copy-streams has one only in its class. It can be told by a part of its own alone: wrapped from outside,
 * `query` would be instrumented twice, for the instrumentation would not know it again at pg's next import.
 */
export function withSpansOfCopies(instrumentation: PgInstrumentation): PgInstrumentation {
  const parts = instrumentation as unknown as { _getClientQueryPatch(): (original: Query) => Query };
  const instrument = parts._getClientQueryPatch();
  parts._getClientQueryPatch = () => (original) => {
    const instrumented = instrument(original);
    return function (...args) {
      if (isCopy(args[0])) giveCallback(args[0]);
      return instrumented.apply(this, args);
    };
  };
  return instrumentation;
}

function isCopy(query: unknown): query is CopyQuery {
  if (typeof query !== 'object' || query === null || Object.hasOwn(query, 'callback')) return false;
  return 'submit' in query && 'callback' in query && 'handleError' in query;
}

function giveCallback(query: CopyQuery): void {
  const nothing = () => undefined;
  const fail = query.handleError;
  query.callback = nothing;
  query.handleError = (error) => {
    query.callback(error);
    query.callback = nothing; // called again below, as if it had succeeded
    fail.call(query, error);
  };
}
