import { limits } from '@hq-sync/protocol/limits';
import type { PullRequest } from '@hq-sync/protocol/pull';
import type { IncomingMessage } from 'node:http';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { HqLine, parseJson } from './hq-line.js';
import { agentLimits } from './limits.js';
import { PageReader, type ReadPage } from './page-reader.js';

export type PullResponse =
  /** `page` is null when the body had no end. */
  { status: 200; page: ReadPage | null } | { status: number; retryAfter: string | undefined; body: unknown };

/** HQ's answer was not there wholly before the deadline. */
export class PullTimeout extends Error {
  constructor(readonly timeoutMs: number) {
    super(`no whole page within ${timeoutMs} ms`);
    this.name = 'PullTimeout';
  }
}

/** The body is larger than any page of the wire. */
export class PageTooLarge extends Error {
  constructor() {
    super(`the page is over ${maxPageBodyBytes} bytes`);
    this.name = 'PageTooLarge';
  }
}

/** The largest page, or a record that comes alone, and room for what stands around its data and for the last line. */
const maxPageBodyBytes = limits.maxPageBytes + limits.maxRecordBytes + agentLimits.pageSlackBytes;

/** The line of an agent's pages, beside that of the pushes. */
export class PullClient {
  private readonly line: HqLine;

  constructor(
    hqUrl: string,
    timeoutMs: number,
    /** Some of an answer has come. */
    private readonly onBytes: () => void,
  ) {
    this.line = new HqLine(hqUrl, timeoutMs, (ms) => new PullTimeout(ms));
  }

  /** @throws PullTimeout, PageTooLarge, or the error of the network (`ECONNREFUSED`, `ECONNRESET`, …). */
  pull(entity: string, token: string, asked: PullRequest): Promise<PullResponse> {
    const headers = {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      'accept-encoding': 'gzip',
    };
    return this.line.post(`v1/pull/${entity}`, headers, JSON.stringify(asked), (response) =>
      this.read(response),
    );
  }

  /** Ends the request under way, if any, and closes the line. */
  close(): void {
    this.line.close();
  }

  /** The answer's body, decompressed; each piece that comes over the line is told. */
  private content(response: IncomingMessage): AsyncIterable<Buffer> {
    response.on('data', this.onBytes);
    if (response.headers['content-encoding'] !== 'gzip') return response;
    const gunzip = createGunzip();
    // A line that breaks breaks the page, and a page that is given up ends the line.
    pipeline(response, gunzip, () => undefined);
    return gunzip;
  }

  private async read(response: IncomingMessage): Promise<PullResponse> {
    const { statusCode: status = 0, headers } = response;
    const reader = new PageReader();
    const chunks: Buffer[] = [];
    const maxBytes = status === 200 ? maxPageBodyBytes : agentLimits.maxProblemBytes;
    let bytes = 0;
    for await (const chunk of this.content(response)) {
      bytes += chunk.length;
      if (bytes > maxBytes) throw new PageTooLarge();
      if (status === 200) reader.feed(chunk);
      else chunks.push(chunk);
    }
    if (status === 200) return { status, page: reader.finish() };
    return { status, retryAfter: headers['retry-after'], body: parseJson(Buffer.concat(chunks).toString()) };
  }
}
