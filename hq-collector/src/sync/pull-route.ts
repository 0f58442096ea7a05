import { randomUUID } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { limits } from '@hq-sync/protocol/limits';
import { pullRequest, type PageEnd, type PullRequest } from '@hq-sync/protocol/pull';
import type { Request, Response } from 'express';
import type { Config } from '../config.js';
import type { Events } from '../events.js';
import { CodedError, codedError } from '../http/coded-error.js';
import { fieldErrors } from '../socket/read-frame.js';
import { BodyError, readBody } from './batch-body.js';
import { anchorOf, formatCursor, parseCursor, type Cursor } from './cursor.js';
import type { EmptyChecks } from './empty-checks.js';
import type { FailureRecorder } from './failure-recorder.js';
import { findNextPage, startingCursor } from './next-page.js';
import { answerFailure, newProgress, type OperationProgress } from './operation-failure.js';
import { PageCache, type SharedPage } from './page-cache.js';
import { Places } from './places.js';
import { pullRecords } from './pull-record.js';
import { pullStates } from './pull-state.js';
import { askableEntity, requireDirection, requireSender, senderSecretHash, type Door } from './sender.js';

const maxRequestBytes = 4 * 1024;
/** Agents make one pull at a time; a second is one whose line has died unnoticed. */
const maxPullsOfStore = 2;

export interface PullContext extends Door {
  readonly config: Config;
  readonly events: Events;
  readonly failures: FailureRecorder;
  readonly emptyChecks: EmptyChecks;
  draining(): boolean;
}

/** A page on its way to a store. */
interface Answer {
  readonly shared: SharedPage;
  readonly end: PageEnd;
}

/** `POST /v1/pull/{entity}`: confirms the page before and sends the next one. */
export class PullRoute {
  private readonly places: Places;
  private readonly pages: PageCache;
  private readonly states;
  private readonly records;
  private readonly inFlightByStore = new Map<string, number>();

  constructor(private readonly context: PullContext) {
    this.places = new Places(context.config.HQ_MAX_CONCURRENT_PULLS);
    this.pages = new PageCache(context.pool);
    this.states = pullStates(context.pool);
    this.records = pullRecords(context.pool);
  }

  get inFlight(): number {
    return this.places.inUse;
  }

  get waiting(): number {
    return this.places.waiting;
  }

  readonly handle = async (request: Request<{ entity: string }>, response: Response): Promise<void> => {
    const { config, events } = this.context;
    const progress = newProgress('pull');
    const releases: (() => void)[] = [];
    try {
      const { shared, end } = await this.pull(request, progress, releases);
      await sendPage(request, response, shared, end);
      events.pullAnswered(end.page.records, (performance.now() - progress.startedMs) / 1000);
      await taken(response, config.HQ_BODY_DEADLINE_MS);
    } catch (cause) {
      const error = cause instanceof BodyError ? new CodedError(cause.code) : codedError(cause);
      await answerFailure(this.context, request, response, progress, error, cause);
    } finally {
      for (const release of releases) release();
    }
  };

  /** `releases` gets what gives back the places taken, also when it throws. */
  private async pull(
    request: Request<{ entity: string }>,
    progress: OperationProgress,
    releases: (() => void)[],
  ): Promise<Answer> {
    const { config, pool } = this.context;
    if (this.context.draining()) throw new CodedError('shutting_down');
    const { entity } = request.params;
    const secretHash = senderSecretHash(this.context, request);
    const asked = await readRequest(request, config);
    const inTime = await this.places.take(config.HQ_PULL_WAIT_MS);
    if (inTime) releases.push(() => this.places.give());
    const cursorAsked = asked instanceof CodedError ? null : asked.cursor;
    const question = { secretHash, entity: askableEntity(entity), cursor: cursorAsked };
    const state = requireSender(this.context, request, await this.states.call(question));
    const { storeId } = state;
    progress.storeId = storeId;
    requireDirection(entity, state.direction, 'pull');
    progress.entity = entity;
    if (!inTime) throw new CodedError('overloaded');
    if (asked instanceof CodedError) throw asked;
    releases.push(this.admit(storeId));

    const cursor = startingCursor(asked.cursor, state);
    const maxRecords = asked.maxRecords ?? limits.maxPageRecords;
    const { shared, range, scanEnd, next, more } = await findNextPage(
      pool,
      this.pages,
      entity,
      cursor,
      state,
      maxRecords,
    );
    const { records, body } = shared.page;
    // While this page is recorded, sent and applied.
    this.pages.readAhead(range, shared, takesGzip(request));
    const fromStart = asked.cursor === null;
    const sent = records > 0;
    const scanEnded = !sent && next.scanEnd === null && (fromStart || scanEnd !== null);
    const id = sent ? randomUUID() : null;
    const anchor = anchorOf(next);
    let nonce = anchor === anchorOf(cursor) ? cursor.nonce : (state.headNonce ?? 0);
    if (id !== null || asked.confirm !== undefined || fromStart || scanEnded) {
      const recorded = await this.records.call({
        storeId,
        entity,
        askedMs: progress.startedMs,
        confirm: asked.confirm ?? null,
        askedPosition: cursor.position,
        fromStart,
        scanEnd,
        scanEnded,
        page: id && { id, position: next.position, scanEnd: next.scanEnd, records, bytes: body.bytes },
        anchor,
      });
      if (anchor !== anchorOf(cursor)) nonce = recorded ?? 0;
    }
    if (!sent)
      this.context.emptyChecks.add({
        storeId,
        entity,
        position: next.scanEnd === null ? next.position : null,
      });
    return {
      shared,
      end: {
        page: {
          id,
          cursor: formatCursor({ ...next, nonce }),
          records,
          more,
          scanning: next.scanEnd !== null,
        },
      },
    };
  }

  /** Held until the answer has been taken: a store has no use for more pages than it can take. */
  private admit(storeId: string): () => void {
    const ofStore = this.inFlightByStore.get(storeId) ?? 0;
    if (ofStore >= maxPullsOfStore) throw new CodedError('overloaded');
    this.inFlightByStore.set(storeId, ofStore + 1);
    return () => {
      const left = this.inFlightByStore.get(storeId)! - 1;
      if (left > 0) this.inFlightByStore.set(storeId, left);
      else this.inFlightByStore.delete(storeId);
    };
  }
}

type AskedPull = Omit<PullRequest, 'cursor'> & { readonly cursor: Cursor | null };

/**
 * A body that does not fit is returned, not thrown: who sent it is found out first.
 * @throws BodyError
 */
async function readRequest(request: Request, config: Config): Promise<AskedPull | CodedError> {
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
    return pullInvalid([{ path: '', message: 'is not JSON' }]);
  }
  const parsed = pullRequest.safeParse(json);
  if (!parsed.success) return pullInvalid(fieldErrors(parsed.error));
  if (parsed.data.cursor === null) return { ...parsed.data, cursor: null };
  const cursor = parseCursor(parsed.data.cursor);
  if (!cursor) return pullInvalid([{ path: 'cursor', message: 'is not one of HQ' }]);
  return { ...parsed.data, cursor };
}

const pullInvalid = (errors: { path: string; message: string }[]) =>
  new CodedError('pull_invalid', { errors });

const takesGzip = (request: Request): boolean => request.acceptsEncodings('gzip') === 'gzip';

/** Records and end are two gzip members, so that the records' one serves any number of stores. */
async function sendPage(
  request: Request,
  response: Response,
  shared: SharedPage,
  end: PageEnd,
): Promise<void> {
  const last = `${JSON.stringify(end)}\n`;
  const zipped = shared.page.records > 0 && takesGzip(request);
  const parts = zipped
    ? [await shared.gzip(), gzipSync(last)]
    : [...shared.page.body.pieces, Buffer.from(last)];
  response.status(200).setHeader('Content-Type', 'application/x-ndjson');
  response.setHeader('Vary', 'Accept-Encoding');
  if (zipped) response.setHeader('Content-Encoding', 'gzip');
  const bytes = parts.reduce((before, { length }) => before + length, 0);
  response.setHeader('Content-Length', bytes);
  // All with one call of the system.
  response.cork();
  for (const part of parts) response.write(part);
  response.end();
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
