import {
  Agent as HttpAgent,
  request as httpRequest,
  type ClientRequest,
  type IncomingMessage,
} from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { agentLimits } from './limits.js';

const gzipAsync = promisify(gzip);

export interface PushResponse {
  status: number;
  retryAfter: string | undefined;
  /** The answer's JSON; undefined when it was none. */
  body: unknown;
}

/** HQ did not answer wholly before the deadline. */
export class PushTimeout extends Error {
  constructor(readonly timeoutMs: number) {
    super(`no whole answer within ${timeoutMs} ms`);
    this.name = 'PushTimeout';
  }
}

/** One kept-alive line for the batches of an agent, with one deadline for connect, body and answer together. */
export class PushClient {
  private readonly agent: HttpAgent;
  private readonly secure: boolean;
  private current: ClientRequest | null = null;

  constructor(
    private readonly hqUrl: string,
    private readonly timeoutMs: number,
  ) {
    this.secure = new URL(hqUrl).protocol === 'https:';
    const options = { keepAlive: true, maxSockets: 1 };
    this.agent = this.secure ? new HttpsAgent(options) : new HttpAgent(options);
  }

  /** @throws PushTimeout, or the error of the network (`ECONNREFUSED`, `ECONNRESET`, …). */
  async push(entity: string, headers: Record<string, string>, body: string): Promise<PushResponse> {
    const plain = Buffer.from(body);
    const compressed = plain.length > agentLimits.gzipThresholdBytes;
    const bytes = compressed ? await gzipAsync(plain) : plain;
    const all = {
      ...headers,
      'content-type': 'application/x-ndjson',
      'content-length': String(bytes.length),
      ...(compressed ? { 'content-encoding': 'gzip' } : {}),
    };
    const url = addressAt(this.hqUrl, `v1/push/${entity}`);
    try {
      return await this.send(url, all, bytes);
    } catch (error) {
      // HQ closed the idle line while the batch was on its way out: not a failure of the batch
      if ((error as PushFailure).staleLine !== true) throw error;
      return this.send(url, all, bytes);
    }
  }

  /** Ends the request under way, if any, and closes the line. */
  close(): void {
    this.current?.destroy(new Error('the agent stops'));
    this.agent.destroy();
  }

  private send(url: URL, headers: Record<string, string>, bytes: Buffer): Promise<PushResponse> {
    return new Promise((resolve, reject) => {
      const request = (this.secure ? httpsRequest : httpRequest)(url, {
        method: 'POST',
        headers,
        agent: this.agent,
      });
      this.current = request;
      let answering = false;
      let timedOut = false;
      const deadline = setTimeout(() => {
        timedOut = true;
        request.destroy(new PushTimeout(this.timeoutMs));
      }, this.timeoutMs);
      const fail = (error: PushFailure): void => {
        clearTimeout(deadline);
        if (timedOut) return reject(new PushTimeout(this.timeoutMs));
        error.staleLine = request.reusedSocket && !answering && error.code === 'ECONNRESET';
        reject(error);
      };
      request.on('response', (response) => {
        answering = true;
        readBounded(response, agentLimits.maxAnswerBytes).then(
          (text) => {
            clearTimeout(deadline);
            const { statusCode: status = 0, headers: answerHeaders } = response;
            resolve({ status, retryAfter: answerHeaders['retry-after'], body: parseJson(text) });
            // an answer before the end of the body (413): what is left of it has no reader
            if (!request.writableFinished) request.destroy();
          },
          (error: Error) => {
            request.destroy();
            fail(error);
          },
        );
      });
      // with an answer on its way a broken pipe is only HQ not reading the rest; reading the answer decides
      request.on('error', (error) => answering || fail(error));
      request.end(bytes);
    });
  }
}

interface PushFailure extends NodeJS.ErrnoException {
  staleLine?: boolean;
}

/** An address below HQ's own, which may have a path. */
export function addressAt(hqUrl: string, path: string): URL {
  return new URL(path, hqUrl.endsWith('/') ? hqUrl : `${hqUrl}/`);
}

async function readBounded(response: IncomingMessage, maxBytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw new Error(`the answer is over ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
