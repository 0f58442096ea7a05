import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { expositionContentType } from './exposition-format.js';
import { LoopSlice } from './loop-slice.js';

/** Ready buffers are joined to pieces of this size: enough for a write each to cost little, 1 ms of copying at most. */
const pieceBytes = 256 * 1024;

/** A reader that takes longer is cut off, for it holds a whole snapshot in memory. */
export const sendTimeoutMs = 60_000;

/** What the request asked for. */
export interface SendOptions {
  readonly gzip: boolean;
  readonly headersOnly: boolean;
}

/**
 * Answers 200 with the text. The client sets the pace. Resolves when all is sent; rejects when the client went away or
 * was cut off, the response then being destroyed.
 */
export async function sendExposition(
  response: ServerResponse,
  buffers: readonly Buffer[],
  { gzip, headersOnly }: SendOptions,
): Promise<void> {
  response.statusCode = 200;
  response.setHeader('Content-Type', expositionContentType);
  response.setHeader('Cache-Control', 'no-store');
  response.setHeader('Vary', 'Accept-Encoding');
  if (gzip) response.setHeader('Content-Encoding', 'gzip');
  else
    response.setHeader(
      'Content-Length',
      buffers.reduce((sum, { length }) => sum + length, 0),
    );
  if (headersOnly) {
    response.end();
    return;
  }

  const body = Readable.from(pieces(buffers), { objectMode: false, highWaterMark: pieceBytes });
  const signal = AbortSignal.timeout(sendTimeoutMs);
  // Level 1 compresses this text 20 times already, in a thread of the pool and not in the event loop.
  if (gzip) await pipeline(body, createGzip({ level: 1, chunkSize: 64 * 1024 }), response, { signal });
  else await pipeline(body, response, { signal });
}

/** A socket that takes all at once would keep this going without a turn of the event loop, hence the slices. */
async function* pieces(buffers: readonly Buffer[]): AsyncGenerator<Buffer> {
  const slice = new LoopSlice();
  let gathered: Buffer[] = [];
  let bytes = 0;
  for (const buffer of buffers) {
    gathered.push(buffer);
    bytes += buffer.length;
    if (bytes < pieceBytes) continue;
    yield Buffer.concat(gathered, bytes);
    gathered = [];
    bytes = 0;
    if (slice.isOver()) await slice.next();
  }
  if (bytes > 0) yield Buffer.concat(gathered, bytes);
}
