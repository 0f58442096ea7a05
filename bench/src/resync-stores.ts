import http from 'node:http';
import { once } from 'node:events';
import { gunzipSync } from 'node:zlib';
import type { PageEnd } from '@hq-sync/protocol/pull';

/** Stores that read everything from the start at once, each over a line of its own. */
export interface ResyncOrder {
  readonly url: string;
  readonly tokens: readonly string[];
  readonly maxRecords: number;
}

export interface ResyncDone {
  /** Confirmed ones of all stores together. */
  readonly records: number;
  readonly pages: number;
  /** From the first request to the last answer. */
  readonly seconds: number;
}

/** How a gzip member begins: the last line of a page is one of its own. */
const gzipStart = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0]);

/** A program of its own, so that the stores' CPU time is not HQ's: takes orders over IPC until its starter ends. */
process.on('message', (order) => {
  void resync(order as ResyncOrder).then((done) => process.send!(done));
});
process.once('disconnect', () => process.exit(0));

async function resync({ url, tokens, maxRecords }: ResyncOrder): Promise<ResyncDone> {
  const startedMs = performance.now();
  const stores = await Promise.all(tokens.map((token) => readAll(url, token, maxRecords)));
  const seconds = (performance.now() - startedMs) / 1000;
  const sum = (of: (store: { records: number; pages: number }) => number) =>
    stores.reduce((all, store) => all + of(store), 0);
  return { records: sum(({ records }) => records), pages: sum(({ pages }) => pages), seconds };
}

/** From the start until the last page is confirmed; of each page only the last line is read, so that a hundred stores on one core take what HQ sends. */
async function readAll(
  url: string,
  token: string,
  maxRecords: number,
): Promise<{ records: number; pages: number }> {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  let asked: { cursor: string | null; confirm?: string } = { cursor: null };
  let records = 0;
  let pages = 0;
  for (;;) {
    const request = http.request(`${url}/v1/pull/products`, {
      method: 'POST',
      agent,
      headers: {
        authorization: `Bearer ${token}`,
        'content-type': 'application/json',
        'accept-encoding': 'gzip',
      },
    });
    request.end(JSON.stringify({ ...asked, maxRecords }));
    const [response] = (await once(request, 'response')) as [http.IncomingMessage];
    const body = Buffer.concat((await response.toArray()) as Buffer[]);
    if (response.statusCode !== 200)
      throw new Error(`pull answered ${response.statusCode}: ${body.toString()}`);
    // A page without records is not compressed.
    const zipped = response.headers['content-encoding'] === 'gzip';
    const last = zipped ? gunzipSync(body.subarray(body.lastIndexOf(gzipStart))) : body;
    const { page } = JSON.parse(last.toString()) as PageEnd;
    records += page.records;
    if (page.id === null) break;
    pages += 1;
    asked = { cursor: page.cursor, confirm: page.id };
  }
  agent.destroy();
  return { records, pages };
}
