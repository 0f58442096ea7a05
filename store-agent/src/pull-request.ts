import { limits } from '@hq-sync/protocol/limits';
import type { PullRequest } from '@hq-sync/protocol/pull';
import type { IncomingMessage } from 'node:http';
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
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    return this.line.post(`v1/pull/${entity}`, headers, JSON.stringify(asked), (response) =>
      this.read(response),
    );
  }

  /** Ends the request under way, if any, and closes the line. */
  close(): void {
    this.line.close();
  }

  private async read(response: IncomingMessage): Promise<PullResponse> {
    const { statusCode: status = 0, headers } = response;
    const reader = new PageReader();
    const chunks: Buffer[] = [];
    const maxBytes = status === 200 ? maxPageBodyBytes : agentLimits.maxProblemBytes;
    let bytes = 0;
    for await (const chunk of response as AsyncIterable<Buffer>) {
      this.onBytes();
      bytes += chunk.length;
      if (bytes > maxBytes) throw new PageTooLarge();
      if (status === 200) reader.feed(chunk);
      else chunks.push(chunk);
    }
    if (status === 200) return { status, page: reader.finish() };
    return { status, retryAfter: headers['retry-after'], body: parseJson(Buffer.concat(chunks).toString()) };
  }
}
