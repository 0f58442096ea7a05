import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { expositionContentType } from './exposition-format.js';
import { LoopSlice } from './loop-slice.js';

/** Buffers are joined to pieces of this size for gzip, which hands each piece to a thread and back. */
const gzipPieceBytes = 256 * 1024;

/** How much is written ahead of a client that is slower than we are. */
const aheadBytes = 256 * 1024;

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

  const signal = AbortSignal.timeout(sendTimeoutMs);
  if (gzip) {
    // Level 1 makes this text 20 times smaller, in a thread of the pool and not in the event loop.
    const compress = createGzip({ level: 1, chunkSize: 64 * 1024 });
    await pipeline(Readable.from(joined(buffers), streamOptions), compress, response, { signal });
  } else {
    // Not joined: copying 50 MB to make fewer writes of them took a third longer than the writes.
    await pipeline(Readable.from(inSlices(buffers), streamOptions), response, { signal });
  }
}

const streamOptions = { objectMode: false, highWaterMark: aheadBytes };

/** A socket that takes all at once would keep the sending going without a turn of the event loop. */
async function* inSlices(buffers: Iterable<Buffer>): AsyncGenerator<Buffer> {
  const slice = new LoopSlice();
  for (const buffer of buffers) {
    yield buffer;
    if (slice.isOver()) await slice.next();
  }
}

async function* joined(buffers: readonly Buffer[]): AsyncGenerator<Buffer> {
  let piece: Buffer[] = [];
  let bytes = 0;
  for await (const buffer of inSlices(buffers)) {
    piece.push(buffer);
    bytes += buffer.length;
    if (bytes < gzipPieceBytes) continue;
    yield Buffer.concat(piece, bytes);
    piece = [];
    bytes = 0;
  }
  if (bytes > 0) yield Buffer.concat(piece, bytes);
}
