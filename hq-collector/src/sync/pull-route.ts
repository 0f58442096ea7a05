import { limits } from '@hq-sync/protocol/limits';
import { pullRequest, type PageEnd, type PullRequest } from '@hq-sync/protocol/pull';
import type { Request, Response } from 'express';
import type { Config } from '../config.js';
import type { Events } from '../events.js';
import { answerProblem } from '../http/answer-problem.js';
import { CodedError, codedError } from '../http/coded-error.js';
import { pathOf } from '../socket/read-frame.js';
import { BodyError, readBody } from './batch-body.js';
import { anchorOf, formatCursor, type Cursor } from './cursor.js';
import type { EmptyChecks } from './empty-checks.js';
import type { FailureRecorder } from './failure-recorder.js';
import { kindOf } from './kind-of.js';
import { readPage, readPullState, type PullPage } from './pull-page.js';
import { recordPull } from './pull-record.js';
import { admitSender, requireDirection, type Door } from './sender.js';

const maxRequestBytes = 4 * 1024;
/** Agents make one pull at a time; a second is one whose line has died unnoticed. */
const maxPullsOfStore = 2;

/** What is known of a pull when it fails, and the place that it holds. */
interface Progress {
  storeId?: string;
  /** Set once HQ is known to have it. */
  entity?: string;
  release?: () => void;
}

export interface PullContext extends Door {
  readonly config: Config;
  readonly events: Events;
  readonly failures: FailureRecorder;
  readonly emptyChecks: EmptyChecks;
  draining(): boolean;
}

/** `POST /v1/pull/{entity}`: confirms the page before and sends the next one. */
export class PullRoute {
  private inFlight = 0;
  private readonly inFlightByStore = new Map<string, number>();

  constructor(private readonly context: PullContext) {}

  readonly handle = async (request: Request<{ entity: string }>, response: Response): Promise<void> => {
    const startedMs = performance.now();
    const progress: Progress = {};
    try {
      const { page, end } = await this.pull(request, progress);
      response.status(200).setHeader('Content-Type', 'application/x-ndjson');
      response.end(`${page.body}${JSON.stringify(end)}\n`);
      this.context.events.pullAnswered(page.records, (performance.now() - startedMs) / 1000);
      await taken(response, this.context.config.HQ_BODY_DEADLINE_MS);
    } catch (error) {
      this.fail(request, response, progress, error, startedMs);
    } finally {
      progress.release?.();
    }
  };

  /** A place until the answer has been taken: the pages of slow readers are what costs memory. */
  private admit(storeId: string): () => void {
    const ofStore = this.inFlightByStore.get(storeId) ?? 0;
    if (this.inFlight >= this.context.config.HQ_MAX_CONCURRENT_PULLS || ofStore >= maxPullsOfStore)
      throw new CodedError('overloaded');
    this.inFlight += 1;
    this.inFlightByStore.set(storeId, ofStore + 1);
    return () => {
      this.inFlight -= 1;
      const left = this.inFlightByStore.get(storeId)! - 1;
      if (left > 0) this.inFlightByStore.set(storeId, left);
      else this.inFlightByStore.delete(storeId);
    };
  }

  private async pull(
    request: Request<{ entity: string }>,
    progress: Progress,
  ): Promise<{ page: PullPage; end: PageEnd }> {
    const { config, pool } = this.context;
    if (this.context.draining()) throw new CodedError('shutting_down');
    const { entity } = request.params;
    const { store, direction } = await admitSender(this.context, request, entity);
    const { storeId } = store;
    progress.storeId = storeId;
    requireDirection(entity, direction, 'pull');
    progress.entity = entity;
    const asked = await readRequest(request, config);
    progress.release = this.admit(storeId);
    const { state, cursor } = await readPullState(pool, storeId, entity, asked.cursor);
    const maxRecords = asked.maxRecords ?? limits.maxPageRecords;
    const page = await readPage(pool, storeId, entity, state, cursor, maxRecords);
    const sent = page.records > 0;
    const fromStart = asked.cursor === null;
    const scanEnded = !sent && page.scanEnd === null && (fromStart || cursor.scanEnd !== null);
    const pageId =
      sent || asked.confirm !== undefined || fromStart || scanEnded
        ? await recordPull(pool, {
            storeId,
            entity,
            confirm: asked.confirm ?? null,
            page: sent ? page : undefined,
            fromStart,
            scanEnd: cursor.scanEnd,
            scanEnded,
          })
        : null;
    if (!sent) this.context.emptyChecks.add(storeId, entity);
    return {
      page,
      end: {
        page: {
          id: pageId,
          cursor: formatCursor(await this.next(entity, cursor, page)),
          records: page.records,
          more: page.more,
          scanning: page.scanEnd !== null,
        },
      },
    };
  }

  /** Where the next page begins; a cursor that moves on to another anchor gets that publication's nonce. */
  private async next(entity: string, before: Cursor, { position, scanEnd }: PullPage): Promise<Cursor> {
    const anchor = anchorOf({ position, scanEnd });
    if (anchor === anchorOf(before)) return { position, scanEnd, nonce: before.nonce };
    const { rows } = await this.context.pool.query<{ nonce: number }>({
      name: 'publication-nonce',
      text: 'select nonce from hq.publication where entity = $1 and head >= $2 order by head limit 1',
      values: [entity, anchor],
    });
    return { position, scanEnd, nonce: rows[0]?.nonce ?? 0 };
  }

  private fail(
    request: Request<{ entity: string }>,
    response: Response,
    { storeId, entity }: Progress,
    cause: unknown,
    startedMs: number,
  ): void {
    const { events, failures } = this.context;
    const error = cause instanceof BodyError ? new CodedError(cause.code) : codedError(cause);
    if (error.code === 'internal_error') events.requestFailed('pull', cause);
    if (error.code === 'database_unavailable') events.databaseFailed('pull', cause);
    const kind = kindOf(error.code);
    // A cursor that starts over is no failure: it has no kind.
    if (storeId !== undefined && kind !== undefined) {
      const durationMs = performance.now() - startedMs;
      const known = entity === undefined ? {} : ({ entity, direction: 'pull' } as const);
      events.pullFailed(storeId, error.code, durationMs / 1000);
      void failures.record({
        storeId,
        ...known,
        kind,
        code: error.code,
        message: error.extra.detail ?? error.code,
        source: 'http',
        operation: { batchId: null, schemaVersion: null, records: 0, bytes: 0, durationMs },
      });
    }
    answerProblem(request, response, error);
  }
}

/** @throws CodedError `pull_invalid`, BodyError's codes. */
async function readRequest(request: Request, config: Config): Promise<PullRequest> {
  const body = await readBody(
    request,
    false,
    {
      maxBatchBytes: maxRequestBytes,
      stallMs: config.HQ_BODY_STALL_MS,
      deadlineMs: config.HQ_BODY_DEADLINE_MS,
    },
    () => undefined,
  );
  let json: unknown;
  try {
    json = JSON.parse(body.toString('utf8'));
  } catch {
    throw new CodedError('pull_invalid', { errors: [{ path: '', message: 'is not JSON' }] });
  }
  const parsed = pullRequest.safeParse(json);
  if (parsed.success) return parsed.data;
  throw new CodedError('pull_invalid', {
    errors: parsed.error.issues.map((issue) => ({ path: pathOf(issue.path), message: issue.message })),
  });
}

/** Resolves when the client has the whole answer, or is gone; one that does not take it in time is cut. */
function taken(response: Response, deadlineMs: number): Promise<void> {
  if (response.closed) return Promise.resolve();
  return new Promise((resolve) => {
    const cut = setTimeout(() => response.destroy(), deadlineMs);
    response.once('close', () => {
      clearTimeout(cut);
      resolve();
    });
  });
}
