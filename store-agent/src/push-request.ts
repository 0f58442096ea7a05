import type { IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { HqLine, parseJson } from './hq-line.js';
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

/** The line of an agent's batches. */
export class PushClient {
  private readonly line: HqLine;

  constructor(hqUrl: string, timeoutMs: number) {
    this.line = new HqLine(hqUrl, timeoutMs, (ms) => new PushTimeout(ms));
  }

  /** @throws PushTimeout, or the error of the network (`ECONNREFUSED`, `ECONNRESET`, …). */
  async push(entity: string, headers: Record<string, string>, body: string): Promise<PushResponse> {
    const plain = Buffer.from(body);
    const compressed = plain.length > agentLimits.gzipThresholdBytes;
    const bytes = compressed ? await gzipAsync(plain) : plain;
    const all = {
      ...headers,
      'content-type': 'application/x-ndjson',
      ...(compressed ? { 'content-encoding': 'gzip' } : {}),
    };
    return this.line.post(`v1/push/${entity}`, all, bytes, readAnswer);
  }

  /** Ends the request under way, if any, and closes the line. */
  close(): void {
    this.line.close();
  }
}

async function readAnswer(response: IncomingMessage): Promise<PushResponse> {
  const text = await readBounded(response, agentLimits.maxAnswerBytes);
  const { statusCode: status = 0, headers } = response;
  return { status, retryAfter: headers['retry-after'], body: parseJson(text) };
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
