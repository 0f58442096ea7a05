import type { ServerResponse } from 'node:http';
import { Readable, type Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { LoopSlice } from './loop-slice.js';

/** How much is written ahead of a client that is slower than we are. */
const aheadBytes = 256 * 1024;

/** A reader that takes longer is cut off, for it holds a whole text in memory. */
export const sendTimeoutMs = 60_000;

/**
 * Sends the buffers and ends the response. The client sets the pace, and a socket that takes all at once still leaves
 * the event loop its turns. Resolves when all is sent; rejects when the client went away or was cut off after
 * `sendTimeoutMs`, the response then being destroyed.
 * @param through changes the bytes on their way.
 */
export async function sendInSlices(
  response: ServerResponse,
  buffers: Iterable<Buffer>,
  through: readonly Transform[] = [],
): Promise<void> {
  const readable = Readable.from(inSlices(buffers), { objectMode: false, highWaterMark: aheadBytes });
  await pipeline([readable, ...through, response], { signal: AbortSignal.timeout(sendTimeoutMs) });
}

/** Takes the next one when it is asked for, and never keeps the event loop for longer than a slice. */
export async function* inSlices<Item>(items: Iterable<Item>): AsyncGenerator<Item> {
  const slice = new LoopSlice();
  for (const item of items) {
    if (slice.isOver()) await slice.next();
    yield item;
  }
}
