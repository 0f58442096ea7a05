import type { Request, Response } from 'express';
import { errors } from '@hq-sync/protocol/error-code';
import type { Direction } from '@hq-sync/protocol/entity';
import type { Events } from '../events.js';
import { answerProblem } from '../http/answer-problem.js';
import type { CodedError } from '../http/coded-error.js';
import type { FailureRecorder } from './failure-recorder.js';
import { kindOf } from './kind-of.js';

/** What is known of a push or a pull when it fails. */
export interface OperationProgress {
  readonly direction: Direction;
  readonly startedMs: number;
  storeId?: string;
  /** Set once HQ is known to have it. A name that only the sender knows has no episode: such names have no bound. */
  entity?: string;
  batchId: string | null;
  schemaVersion: number | null;
  records: number;
  bytes: number;
}

export const newProgress = (direction: Direction): OperationProgress => ({
  direction,
  startedMs: performance.now(),
  batchId: null,
  schemaVersion: null,
  records: 0,
  bytes: 0,
});

/** Counts and records an operation that failed, then answers it. */
export async function answerFailure(
  { events, failures }: { readonly events: Events; readonly failures: FailureRecorder },
  request: Request,
  response: Response,
  progress: OperationProgress,
  error: CodedError,
  cause: unknown,
): Promise<void> {
  const { direction, storeId, entity, startedMs, ...operation } = progress;
  const durationMs = performance.now() - startedMs;
  if (error.code === 'internal_error') events.requestFailed(direction, cause);
  if (error.code === 'database_unavailable') events.databaseFailed(direction, cause);
  const kind = kindOf(error.code);
  // A cursor that has to start over is no failure of the pull: such codes have no kind.
  if (storeId !== undefined && (direction === 'push' || kind !== undefined)) {
    events.operationFailed(direction, storeId, entity ?? 'unknown', error.code, durationMs / 1000);
    const written = failures.record({
      storeId,
      ...(entity !== undefined && { entity, direction }),
      kind,
      code: error.code,
      message: error.extra.detail ?? errors[error.code].title,
      source: 'http',
      operation: { ...operation, durationMs },
    });
    // The row is there when the store reads its answer, unless Postgres is what failed.
    if (error.code !== 'database_unavailable') await written;
  }
  answerProblem(request, response, error);
}
