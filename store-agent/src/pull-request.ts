import { limits } from '@hq-sync/protocol/limits';
import type { PullRequest } from '@hq-sync/protocol/pull';
import {
  Agent as HttpAgent,
  request as httpRequest,
  type ClientRequest,
  type IncomingMessage,
} from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { agentLimits } from './limits.js';
import { PageReader, type ReadPage } from './page-reader.js';
import { addressAt } from './push-request.js';

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

interface PullFailure extends NodeJS.ErrnoException {
  staleLine?: boolean;
}

/** One kept-alive line for the pages of an agent, beside that of the pushes; one deadline for all of a request. */
export class PullClient {
  private readonly agent: HttpAgent;
  private readonly secure: boolean;
  private current: ClientRequest | null = null;

  constructor(
    private readonly hqUrl: string,
    private readonly timeoutMs: number,
    /** Some of an answer has come. */
    private readonly onBytes: () => void,
  ) {
    this.secure = new URL(hqUrl).protocol === 'https:';
    const options = { keepAlive: true, maxSockets: 1 };
    this.agent = this.secure ? new HttpsAgent(options) : new HttpAgent(options);
  }

  /** @throws PullTimeout, PageTooLarge, or the error of the network (`ECONNREFUSED`, `ECONNRESET`, …). */
  async pull(entity: string, token: string, asked: PullRequest): Promise<PullResponse> {
    try {
      return await this.send(entity, token, JSON.stringify(asked));
    } catch (error) {
      // HQ closed the idle line while the request was on its way out: not a failure of the pull
      if ((error as PullFailure).staleLine !== true) throw error;
      return this.send(entity, token, JSON.stringify(asked));
    }
  }

  /** Ends the request under way, if any, and closes the line. */
  close(): void {
    this.current?.destroy(new Error('the agent stops'));
    this.agent.destroy();
  }

  private send(entity: string, token: string, body: string): Promise<PullResponse> {
    return new Promise((resolve, reject) => {
      const request = (this.secure ? httpsRequest : httpRequest)(addressAt(this.hqUrl, `v1/pull/${entity}`), {
        method: 'POST',
        headers: {
          authorization: `Bearer ${token}`,
          'content-type': 'application/json',
          'content-length': String(Buffer.byteLength(body)),
        },
        agent: this.agent,
      });
      this.current = request;
      let answering = false;
      let timedOut = false;
      const deadline = setTimeout(() => {
        timedOut = true;
        request.destroy(new PullTimeout(this.timeoutMs));
      }, this.timeoutMs);
      const fail = (error: PullFailure): void => {
        clearTimeout(deadline);
        if (timedOut) return reject(new PullTimeout(this.timeoutMs));
        error.staleLine = request.reusedSocket && !answering && error.code === 'ECONNRESET';
        reject(error);
      };
      request.on('response', (response) => {
        answering = true;
        this.read(response).then(
          (answer) => {
            clearTimeout(deadline);
            resolve(answer);
          },
          (error: Error) => {
            request.destroy();
            fail(error);
          },
        );
      });
      request.on('error', (error) => answering || fail(error));
      request.end(body);
    });
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

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
