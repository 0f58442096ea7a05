import express, { type Router } from 'express';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Logger } from 'pino';
import { IntakeError } from './intake-error.js';

/** What the routes need of the agent. */
export interface HqDataSource {
  pulls(entity: string): boolean;
  read(entity: string, id: string): Record<string, unknown> | null;
  entryPages(entity: string): IterableIterator<{ id: string; data: string }[]>;
}

/**
 * HQ's data for the POS, from the store's copy, whether HQ is reached or not:
 * `GET /hq-data/{entity}` streams a line `{"id":…,"data":{…}}` for each record, in the order of the ids;
 * `GET /hq-data/{entity}/{id}` answers the one record.
 */
export function hqDataRoutes(source: HqDataSource, log: Logger): Router {
  const router = express.Router();
  router.get('/:entity', async (request, response) => {
    const { entity } = request.params;
    refuseUnpulled(source, entity);
    const lines = available(() => textOf(source.entryPages(entity)));
    response.type('application/x-ndjson');
    try {
      // what cannot be read any more ends the line without the end of the body: the till sees that it was cut
      await pipeline(Readable.from(lines), response);
    } catch (error) {
      log.warn({ err: error, entity }, 'a reader of the copy was cut off');
    }
  });
  router.get('/:entity/:id', (request, response) => {
    const { entity, id } = request.params;
    refuseUnpulled(source, entity);
    const data = available(() => source.read(entity, id));
    if (data === null) throw new IntakeError('record_not_found');
    response.json({ id, data });
  });
  return router;
}

function refuseUnpulled(source: HqDataSource, entity: string): void {
  if (!source.pulls(entity)) throw new IntakeError('entity_not_pulled');
}

function available<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new IntakeError('copy_unavailable', (error as Error).message, [], { cause: error });
  }
}

/** Reads the first page before anything is answered, so that a copy that cannot be read is a 503. */
function textOf(pages: IterableIterator<{ id: string; data: string }[]>): Iterable<string> {
  const text = (page: { id: string; data: string }[]): string =>
    page.map(({ id, data }) => `{"id":${JSON.stringify(id)},"data":${data}}\n`).join('');
  const first = pages.next();
  return (function* () {
    if (first.done !== true) yield text(first.value);
    for (const page of pages) yield text(page);
  })();
}
