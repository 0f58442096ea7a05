import type { Request, Response } from 'express';
import { performance } from 'node:perf_hooks';
import type { Pool } from 'pg';
import type { ErrorCode } from '@hq-sync/protocol/error-code';
import { problemContentType, problemOf } from '@hq-sync/protocol/problem';
import { within } from './deadline.js';
import { FleetExposition } from './fleet-exposition.js';
import type { FleetReading } from './fleet-reading.js';
import { FleetSource } from './fleet-source.js';
import { nextRun } from './next-run.js';
import { sendExposition } from './send-exposition.js';

/** The age at which a snapshot is old green: from then on 503 is the truer answer. */
export const maxStaleMs = 15_000;

/** How long a scrape waits for fresh data before it takes what is there; Prometheus gives up after 10 s. */
export const scrapeWaitMs = 8_000;

/** Scrapes at once. Each may hold a snapshot of its own, 60 MB for 10,000 stores, though they share what is unchanged. */
export const maxScrapes = 16;

export interface StoresEndpoint {
  /** For `GET /metrics/stores`; answers HEAD too. Never rejects. */
  readonly handler: (request: Request, response: Response) => Promise<void>;
  /** Scrapes that come from now on are answered 503. Resolves when none reads from Postgres any more. */
  close(): Promise<void>;
}

export interface StoresEndpointLog {
  warn(fields: object, message: string): void;
}

/**
 * The metrics of the fleet, the same from every replica: each scrape reads Postgres and then streams the exposition.
 * `now` is a clock in milliseconds that never goes back.
 */
export function createStoresEndpoint({ pool, ...options }: { pool: Pool } & EndpointOptions): StoresEndpoint {
  const source = new FleetSource(pool);
  return storesEndpoint(() => source.read(), options);
}

interface EndpointOptions {
  readonly now?: () => number;
  readonly log?: StoresEndpointLog;
}

/** The same over any reading of the fleet; `readFleet` is never called while it runs. */
export function storesEndpoint(
  readFleet: () => Promise<FleetReading>,
  { now = () => performance.now(), log }: EndpointOptions = {},
): StoresEndpoint {
  const exposition = new FleetExposition();
  let dataAsOf = -Infinity;
  let scrapes = 0;
  let closed = false;
  let lastRefresh: Promise<void> = Promise.resolve();

  const nextRefresh = nextRun(async () => {
    if (closed) throw new Error('the endpoint is closed');
    const readAt = now();
    await exposition.update(await readFleet());
    dataAsOf = readAt;
  });

  async function scrape(request: Request, response: Response): Promise<void> {
    const refresh = nextRefresh();
    lastRefresh = refresh.catch(() => undefined);
    try {
      await within('the refresh', scrapeWaitMs, refresh);
    } catch (error) {
      log?.warn({ err: error, ageMs: now() - dataAsOf }, 'store metrics could not be refreshed');
    }
    if (now() - dataAsOf >= maxStaleMs) return sendProblem(response, 'database_unavailable');
    try {
      await sendExposition(response, exposition.snapshot(), {
        gzip: request.acceptsEncodings('gzip', 'identity') === 'gzip',
        headersOnly: request.method === 'HEAD',
      });
    } catch (error) {
      log?.warn({ err: error }, 'a scraper of store metrics did not take the whole answer');
    }
  }

  return {
    async handler(request, response) {
      if (closed) return sendProblem(response, 'shutting_down');
      if (scrapes >= maxScrapes) return sendProblem(response, 'overloaded');
      scrapes++;
      try {
        await scrape(request, response);
      } finally {
        scrapes--;
      }
    },
    async close() {
      closed = true;
      await lastRefresh;
    },
  };
}

function sendProblem(response: Response, code: ErrorCode): void {
  const problem = problemOf(code);
  response.status(problem.status).set({ 'Cache-Control': 'no-store', 'Retry-After': '5' });
  response.type(problemContentType).send(JSON.stringify(problem));
}
