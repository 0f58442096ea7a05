import { gunzipSync } from 'node:zlib';

/** More than the last line of a page with its gzip header. */
export const pageEndBytes = 1_024;
const gzipMagic = Buffer.from([0x1f, 0x8b, 0x08]);

/** What the last line of a page says, as far as it is of interest on the line. */
export interface PageEndOnLine {
  /** Null: the page is empty. */
  readonly id: string | null;
  readonly records: number;
  readonly scanning: boolean;
}

/** Finds it at the end of what has come of an answer: as it is, or as the last member of gzip. */
export function findPageEnd(tail: Buffer): PageEndOnLine | undefined {
  const found = lastLine.exec(tail.toString('latin1')) ?? lastLine.exec(lastMemberOf(tail));
  if (!found) return undefined;
  return { id: found[1] ?? null, records: Number(found[2]), scanning: found[3] === 'true' };
}

const lastLine = /\{"page":\{"id":(?:null|"([\w-]{36})").*"records":(\d+).*"scanning":(\w+)\}\}/;

function lastMemberOf(tail: Buffer): string {
  const at = tail.lastIndexOf(gzipMagic);
  if (at < 0) return '';
  try {
    return gunzipSync(tail.subarray(at)).toString('latin1');
  } catch {
    return ''; // more of it is to come, or it only looked like one
  }
}
