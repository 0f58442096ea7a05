import { AdminError } from './admin-error.js';

const newline = 0x0a;

/**
 * Cuts a stream into its lines without their ends; empty ones are left out. Holds one line at a time.
 * @throws AdminError `body_too_large` for a line over the bound.
 */
export async function* readLines(
  chunks: AsyncIterable<Buffer>,
  maxLineBytes: number,
): AsyncGenerator<Buffer> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of chunks) {
    const bytes = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk;
    let start = 0;
    for (let end = bytes.indexOf(newline); end >= 0; end = bytes.indexOf(newline, start)) {
      yield* lineOf(bytes.subarray(start, end));
      start = end + 1;
    }
    rest = bytes.subarray(start);
    if (rest.length > maxLineBytes) tooLong(maxLineBytes);
  }
  yield* lineOf(rest);

  function* lineOf(line: Buffer): Generator<Buffer> {
    if (line.length > maxLineBytes) tooLong(maxLineBytes);
    if (line.length > 0 && !(line.length === 1 && line[0] === 0x0d)) yield line;
  }
}

function tooLong(maxLineBytes: number): never {
  throw new AdminError('body_too_large', {
    detail: `A line has over ${maxLineBytes} bytes. Nothing has been changed.`,
  });
}
