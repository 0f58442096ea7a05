import type { LoopSlice } from '../metrics/loop-slice.js';
import { encoded } from './encoded.js';
import type { Piece } from './live-document.js';

/** What every change says, whatever has changed. */
export interface ChangeHead {
  /** ISO 8601; null before the first reading. */
  readonly asOf: string | null;
  readonly run: string;
  readonly version: number;
  readonly whole: boolean;
}

/** The event that brings the pieces, in buffers that any number of viewers share; gives way to the event loop in between. */
export async function changeMessage(
  head: ChangeHead,
  pieces: readonly Piece[],
  slice: LoopSlice,
): Promise<Buffer[]> {
  const message: Buffer[] = [];
  for (const buffer of encoded(changeTexts(head, pieces))) {
    message.push(buffer);
    if (slice.isOver()) await slice.next();
  }
  return message;
}

/** JSON has no line breaks of its own, so each event is one line of data. */
function* changeTexts(head: ChangeHead, pieces: readonly Piece[]): Generator<string> {
  yield `event: change\ndata: ${JSON.stringify(head).slice(0, -1)},"pieces":[`;
  let separator = '';
  for (const { key, html } of pieces) {
    yield separator + JSON.stringify([key, html]);
    separator = ',';
  }
  yield ']}\n\n';
}

/** The event that says why nothing is proven. */
export function troubleMessage(text: string): Buffer[] {
  return [Buffer.from(`event: trouble\ndata: ${JSON.stringify({ text })}\n\n`)];
}

/** The last event of a viewer whose login has ended. */
export const loggedOutMessage: readonly Buffer[] = [Buffer.from('event: logged-out\ndata: {}\n\n')];
