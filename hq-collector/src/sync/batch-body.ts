import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import { createGunzip } from 'node:zlib';
import type { ErrorCode } from '@hq-sync/protocol/error-code';

/** How a body can fail; each is a coded answer. */
export type BodyErrorCode = Extract<
  ErrorCode,
  'gzip_invalid' | 'body_incomplete' | 'body_timeout' | 'batch_too_large' | 'batch_empty' | 'record_too_large'
>;

export class BodyError extends Error {
  constructor(
    readonly code: BodyErrorCode,
    readonly bytes: number,
    /** With `record_too_large`: the line, from 1. */
    readonly line?: number,
  ) {
    super(code);
  }
}

export interface BodyLimits {
  readonly maxBatchBytes: number;
  readonly maxBatchRecords: number;
  readonly maxRecordBytes: number;
  readonly stallMs: number;
  readonly deadlineMs: number;
}

/** A line without its end: text, or bytes where they are no UTF-8. */
export type BatchLine = string | Buffer;

/** The line as it came, byte for byte: UTF-8 goes to text and back unchanged. */
export const bytesOf = (line: BatchLine): Buffer => (typeof line === 'string' ? Buffer.from(line) : line);

/**
 * Reads a push's body, bounded in bytes (before and after decompression), in time and in silence, and cuts it into
 * lines. Empty lines do not count.
 * @throws BodyError
 */
export async function readBatchLines(
  request: IncomingMessage,
  gzip: boolean,
  bounds: BodyLimits,
  onBytes: () => void,
): Promise<{ lines: BatchLine[]; bytes: number }> {
  const body = await readBody(request, gzip, bounds, onBytes);
  const lines = cutLines(body);
  if (lines.length === 0) throw new BodyError('batch_empty', body.length);
  if (lines.length > bounds.maxBatchRecords) throw new BodyError('batch_too_large', body.length);
  const tooLong = lines.findIndex((line) => Buffer.byteLength(line) > bounds.maxRecordBytes);
  if (tooLong >= 0) throw new BodyError('record_too_large', body.length, tooLong + 1);
  return { lines, bytes: body.length };
}

/** @throws BodyError */
export function readBody(
  request: IncomingMessage,
  gzip: boolean,
  bounds: Pick<BodyLimits, 'maxBatchBytes' | 'stallMs' | 'deadlineMs'>,
  onBytes: () => void,
): Promise<Buffer> {
  // Gone while its token was looked up: it has said so already, to nobody.
  if (request.destroyed) return Promise.reject(new BodyError('body_incomplete', 0));
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let wireBytes = 0;
    let bytes = 0;
    const gunzip = gzip ? createGunzip() : undefined;
    const source = gunzip ?? request;

    const fail = (code: BodyErrorCode) => settle(() => reject(new BodyError(code, bytes)));
    const settle = (outcome: () => void) => {
      clearTimeout(stall);
      clearTimeout(deadline);
      request.off('data', onWire).off('close', onClose);
      source.off('data', onData).off('end', onEnd);
      request.unpipe(); // the rest is discarded by the caller, not decompressed
      gunzip?.destroy();
      outcome();
    };
    const stall = setTimeout(() => fail('body_timeout'), bounds.stallMs);
    const deadline = setTimeout(() => fail('body_timeout'), bounds.deadlineMs);

    const onWire = (chunk: Buffer) => {
      onBytes();
      stall.refresh();
      wireBytes += chunk.length;
      if (wireBytes > bounds.maxBatchBytes) fail('batch_too_large');
    };
    const onData = (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > bounds.maxBatchBytes) return fail('batch_too_large');
      chunks.push(chunk);
    };
    const onEnd = () => settle(() => resolve(Buffer.concat(chunks)));
    const onClose = () => {
      if (!request.complete) fail('body_incomplete');
    };

    request.on('data', onWire).on('close', onClose);
    request.on('error', () => fail('body_incomplete'));
    gunzip?.on('error', () => fail('gzip_invalid'));
    source.on('data', onData).on('end', onEnd);
    if (gunzip) request.pipe(gunzip);
  });
}

/** One decoding for the whole body: lines that are slices of one text cost less than as many buffers. */
function cutLines(body: Buffer): BatchLine[] {
  if (!isUtf8(body)) return cutBytes(body).map((line) => (isUtf8(line) ? line.toString() : line));
  return body
    .toString()
    .split('\n')
    .map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line))
    .filter((line) => line !== '');
}

const newline = 0x0a;
const carriageReturn = 0x0d;

function cutBytes(body: Buffer): Buffer[] {
  const lines: Buffer[] = [];
  let start = 0;
  while (start < body.length) {
    let end = body.indexOf(newline, start);
    if (end < 0) end = body.length;
    const trimmed = end > start && body[end - 1] === carriageReturn ? end - 1 : end;
    if (trimmed > start) lines.push(body.subarray(start, trimmed));
    start = end + 1;
  }
  return lines;
}
