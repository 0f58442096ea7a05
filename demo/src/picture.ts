import { DateTime } from 'luxon';
import type { Snapshot } from './store-row.js';
import type { ScreenSize } from './screen.js';
import { renderTable } from './table.js';
import { renderTotals } from './totals.js';

export interface Happening {
  readonly at: Date;
  /** A store's name, or the chain. */
  readonly where: string;
  readonly text: string;
}

export interface PictureParts {
  readonly snapshot: Snapshot | undefined;
  /** The database does not answer: what the snapshot says of connections is no proof any more. */
  readonly stale: boolean;
  readonly troubles: readonly string[];
  /** What is being done to stores and to HQ, oldest first. */
  readonly happenings: readonly Happening[];
  readonly replay: boolean;
}

const shownHappenings = 4;
/** Head of the table, its rule, and the line for those that are left out. */
const tableFrameLines = 3;

/** All that the terminal shows, as text. Pure. */
export function renderPicture(parts: PictureParts, size: ScreenSize): string {
  const { snapshot, stale, troubles, happenings } = parts;
  if (snapshot === undefined || snapshot.rows.length === 0)
    return ['Waiting for the stores ...', ...troubles].join('\n');
  const rows = stale
    ? snapshot.rows.map((row) => (row.status === 'no_server' ? row : unproven(row)))
    : snapshot.rows;
  const around = [
    ...renderTotals(rows),
    asOf(parts, snapshot),
    ...troubles,
    ...happenings.slice(-shownHappenings).map(({ at, where, text }) => `${clock(at)} ${where}: ${text}`),
  ].map((line) => cut(line, size.width));
  const maxRows = Math.max(1, size.height - around.length - tableFrameLines);
  return [renderTable(rows, { ...size, maxRows, now: snapshot.dataAsOf }), ...around].join('\n');
}

function unproven(row: Snapshot['rows'][number]): Snapshot['rows'][number] {
  return { ...row, status: 'unknown', reason: 'no data' };
}

function asOf({ replay, stale }: PictureParts, { dataAsOf, businessDate }: Snapshot): string {
  const date =
    businessDate === null ? "each store's today" : `business date ${businessDate}, the latest with sales`;
  const figures = replay && businessDate === null ? 'no sales yet' : `figures of ${date}`;
  return `Data as of ${clock(dataAsOf)}${stale ? ' (the database does not answer)' : ''}; ${figures}. Ctrl-C ends.`;
}

function clock(at: Date): string {
  return DateTime.fromJSDate(at).toFormat('HH:mm:ss');
}

function cut(line: string, width: number): string {
  return line.length <= width ? line : `${line.slice(0, Math.max(0, width - 1))}…`;
}
