import pg from 'pg';
import { to as copyTo, type CopyToStreamQuery } from 'pg-copy-streams';
import { checkOut, giveBack, type Pool } from './database.js';
import { isSqlState } from './sqlstate.js';

/** What a placeholder of `copyRow` may stand for. */
export type CopyValue = string | number | readonly string[] | readonly number[];

/** Bytes in the pieces in which they came. */
export interface Pieces {
  readonly pieces: readonly Buffer[];
  /** Of all of them. */
  readonly bytes: number;
}

export interface CopiedRow {
  readonly numbers: readonly number[];
  /** UTF-8; null for NULL. */
  readonly text: Pieces | null;
}

/**
 * The one row of a statement that ends with a large text. pg makes a string of all that it reads, from which a body is
 * encoded again: 3 of the 7 ms of a page of 1.1 MB. A COPY hands over the bytes, and nothing here copies them: garbage of
 * that size makes V8 mark its whole heap again and again.
 *
 * @param statement returns one row: `count` numbers (int8, none NULL), then the text. `$1` stands for the first value,
 *   which is written into the statement, for COPY takes none.
 * @throws what the statement failed with, or that the connection did; nothing of the row is used then.
 */
export async function copyRow(
  pool: Pool,
  statement: string,
  values: readonly CopyValue[],
  count: number,
): Promise<CopiedRow> {
  const client = await checkOut(pool);
  let broken: Error | undefined;
  const query = copyTo(`copy (${withValues(statement, values)}) to stdout (format binary)`) as CopyQuery;
  try {
    (client.query as (query: CopyQuery, callback: () => void) => void)(query, () => undefined);
    const row = readRow((await query.toArray()) as Buffer[], count);
    query.callback();
    return row;
  } catch (error) {
    query.callback(error);
    // Without a SQLSTATE the server did not answer: the connection itself is in doubt.
    if (!isSqlState(error)) broken = error instanceof Error ? error : new Error(String(error));
    throw error;
  } finally {
    giveBack(client, broken);
  }
}

/** pg's limit of time for an answer, what times the statement and its span end when this is called; a COPY does not itself. */
type CopyQuery = CopyToStreamQuery & { callback(error?: unknown): void };

function withValues(statement: string, values: readonly CopyValue[]): string {
  return statement.replaceAll(/\$(\d+)/g, (_, number: string) => literal(values[Number(number) - 1]!));
}

function literal(value: CopyValue): string {
  if (typeof value === 'string') return pg.escapeLiteral(value);
  if (typeof value === 'number') {
    if (!Number.isSafeInteger(value)) throw new RangeError(`${value} is no position`);
    return `${value}`;
  }
  return `array[${value.map((item: string | number) => literal(item)).join(',')}]`;
}

// Of https://www.postgresql.org/docs/current/sql-copy.html, "Binary Format": signature, flags and length of the extension;
// the number of fields; before each field its length.
const headerBytes = 11 + 4 + 4;
const fieldCountBytes = 2;
const lengthBytes = 4;
const int8Bytes = 8;

function readRow(copied: Buffer[], count: number): CopiedRow {
  const textAt = headerBytes + fieldCountBytes + count * (lengthBytes + int8Bytes) + lengthBytes;
  const [first, ...rest] = withLongFirst(copied, textAt);
  if (!first || first.readInt16BE(headerBytes) !== count + 1)
    throw new Error('the copy is not one row of this shape');
  const numbers = Array.from({ length: count }, (_, index) => {
    const at = headerBytes + fieldCountBytes + index * (lengthBytes + int8Bytes) + lengthBytes;
    return Number(first.readBigInt64BE(at));
  });
  const bytes = first.readInt32BE(textAt - lengthBytes);
  if (bytes < 0) return { numbers, text: null };
  return { numbers, text: { pieces: cut([first.subarray(textAt), ...rest], bytes), bytes } };
}

/** The same bytes; the first piece is at least so long, if there are as many. */
function withLongFirst([first, ...rest]: Buffer[], bytes: number): Buffer[] {
  if (!first || first.length >= bytes || rest.length === 0) return first ? [first, ...rest] : [];
  return withLongFirst([Buffer.concat([first, rest[0]!]), ...rest.slice(1)], bytes);
}

function cut(pieces: readonly Buffer[], bytes: number): Buffer[] {
  let left = bytes;
  const wanted: Buffer[] = [];
  for (const piece of pieces) {
    if (left === 0) break;
    wanted.push(piece.subarray(0, left));
    left -= wanted.at(-1)!.length;
  }
  if (left > 0) throw new Error('the copy ends within its row');
  return wanted;
}
