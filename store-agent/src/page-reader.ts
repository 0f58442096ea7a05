import { isId } from '@hq-sync/protocol/primitives';
import type { ErrorCode } from '@hq-sync/protocol/error-code';
import { pageEnd, pulledRecord, type PageEnd } from '@hq-sync/protocol/pull';

/** `data` is JSON text; null: the store must not have the record. */
export interface ReadRecord {
  id: string;
  data: string | null;
}

/** A line that is no record of the wire. */
export interface RejectedLine {
  code: Extract<ErrorCode, 'record_not_json' | 'record_invalid'>;
  /** Where it could be read. */
  id?: string;
  message: string;
}

export interface ReadPage {
  records: ReadRecord[];
  rejected: RejectedLine[];
  end: PageEnd['page'];
}

const newline = 0x0a;

/** Reads a page as it comes, a line at a time. */
export class PageReader {
  private readonly records: ReadRecord[] = [];
  private readonly rejected: RejectedLine[] = [];
  private rest: Buffer = Buffer.alloc(0);
  private end: PageEnd['page'] | null = null;
  private lines = 0;

  feed(chunk: Buffer): void {
    const bytes = this.rest.length === 0 ? chunk : Buffer.concat([this.rest, chunk]);
    let start = 0;
    for (let end = bytes.indexOf(newline); end >= 0; end = bytes.indexOf(newline, start)) {
      this.line(bytes.toString('utf8', start, end));
      start = end + 1;
    }
    this.rest = bytes.subarray(start);
  }

  /** The whole page, or null when its end is missing or does not fit: it was cut and must not be applied. */
  finish(): ReadPage | null {
    if (this.rest.length > 0) this.line(this.rest.toString('utf8'));
    const { records, rejected, end } = this;
    return end === null || end.records !== this.lines ? null : { records, rejected, end };
  }

  private line(text: string): void {
    if (text.trim() === '') return;
    const json = parse(text);
    const end = pageEnd.safeParse(json);
    if (end.success && this.end === null) {
      this.end = end.data.page;
      return;
    }
    this.lines += 1;
    const record = pulledRecord.safeParse(json);
    if (record.success) {
      const { id } = record.data;
      this.records.push({ id, data: 'data' in record.data ? JSON.stringify(record.data.data) : null });
      return;
    }
    const id = (json as { id?: unknown } | null | undefined)?.id;
    this.rejected.push({
      code: json === undefined ? 'record_not_json' : 'record_invalid',
      ...(isId(id) ? { id } : {}),
      message: record.error.issues[0]?.message ?? 'no record',
    });
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
