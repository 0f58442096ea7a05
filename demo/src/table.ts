import Table from 'cli-table3';
import { DateTime } from 'luxon';
import { formatMoney } from '@hq-sync/hq-collector/page/money';
import type { StoreRow } from './store-row.js';
import { verdictOf, worstFirst, type Colour } from './verdict.js';

export interface TableOptions {
  /** Of the terminal; columns are left out, the least needed first, until the table fits. */
  readonly width: number;
  /** Stores shown at most. */
  readonly maxRows: number;
  readonly colour: boolean;
  /** The clock of HQ's database, for ages. */
  readonly now: Date;
}

interface Column {
  readonly head: string;
  readonly align: 'left' | 'right';
  /** Columns with a higher number are left out first; 0 never is. */
  readonly leaveOut: number;
  readonly cell: (row: StoreRow, options: TableOptions) => string;
}

const maxNameChars = 14;
const maxReasonChars = 18;

const columns: readonly Column[] = [
  { head: 'Store', align: 'left', leaveOut: 0, cell: (row) => shortened(row.name, maxNameChars) },
  { head: 'Status', align: 'left', leaveOut: 0, cell: statusCell },
  {
    head: 'Reason',
    align: 'left',
    leaveOut: 1,
    cell: (row) => shortened(verdictOf(row).reason, maxReasonChars),
  },
  {
    head: 'Synced',
    align: 'right',
    leaveOut: 3,
    cell: (row, { now }) => (row.lastSyncAt === null ? '–' : age(now, row.lastSyncAt)),
  },
  { head: 'Err', align: 'right', leaveOut: 2, cell: (row) => String(row.errorsOpen) },
  {
    head: 'Queue',
    align: 'right',
    leaveOut: 2,
    cell: (row) => (row.pending === null ? '–' : String(row.pending)),
  },
  { head: 'Sales', align: 'right', leaveOut: 1, cell: (row) => String(row.salesCount) },
  {
    head: 'Revenue',
    align: 'right',
    leaveOut: 1,
    cell: (row) => formatMoney(row.grossMinor, row.currency, true),
  },
  { head: 'Tax', align: 'right', leaveOut: 6, cell: (row) => formatMoney(row.taxMinor, row.currency, true) },
  {
    head: 'Disc.',
    align: 'right',
    leaveOut: 5,
    cell: (row) => formatMoney(row.discountMinor, row.currency, true),
  },
  {
    head: 'Voids',
    align: 'right',
    leaveOut: 4,
    cell: (row) => `${row.voidCount} ${formatMoney(row.voidMinor, row.currency, true)}`,
  },
  {
    head: 'Tills',
    align: 'right',
    leaveOut: 7,
    cell: (row) => (row.openRegisters === null ? '–' : String(row.openRegisters)),
  },
  { head: 'Local', align: 'right', leaveOut: 8, cell: (row, { now }) => localTime(now, row.timezone) },
];

/** The stores as lines of text, none wider than `width` as long as name and status fit; the worst first. */
export function renderTable(rows: readonly StoreRow[], options: TableOptions): string {
  const shown = worstFirst(rows).slice(0, options.maxRows);
  const cells = columns.map((column) => shown.map((row) => column.cell(row, options)));
  const widths = columns.map(({ head }, index) =>
    Math.max(head.length, ...(cells[index] ?? []).map(visibleLength)),
  );
  const kept = fitting(widths, options.width);
  const table = new Table({
    head: kept.map((index) => columns[index]?.head ?? ''),
    colAligns: kept.map((index) => columns[index]?.align ?? 'left'),
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0, compact: true },
    chars: borders,
  });
  shown.forEach((_, rowIndex) => table.push(kept.map((index) => cells[index]?.[rowIndex] ?? '')));
  const hidden = rows.length - shown.length;
  const more = hidden > 0 ? `\n… and ${hidden} more, none of them worse` : '';
  return `${table.toString()}${more}`;
}

/** `3 s`, `12 min`, `5 h`, `2 d`. */
export function age(now: Date, then: Date): string {
  const seconds = Math.max(0, Math.floor((now.getTime() - then.getTime()) / 1_000));
  if (seconds < 100) return `${seconds} s`;
  if (seconds < 100 * 60) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 48 * 3_600) return `${Math.floor(seconds / 3_600)} h`;
  return `${Math.floor(seconds / 86_400)} d`;
}

/** Written out: util.styleText decides by the process's own terminal since Node 22, and here the caller does. */
const ansiColours: Readonly<Record<Colour, number>> = { red: 31, yellow: 33, green: 32, gray: 90 };

const borders = {
  top: '', 'top-mid': '', 'top-left': '', 'top-right': '',
  bottom: '', 'bottom-mid': '', 'bottom-left': '', 'bottom-right': '',
  left: '', 'left-mid': '', right: '', 'right-mid': '',
  mid: '─', 'mid-mid': '─', middle: ' ',
}; // prettier-ignore

/** Indexes of the columns that fit together, one blank between them. */
function fitting(widths: readonly number[], width: number): number[] {
  let kept = columns.map((_, index) => index);
  const total = (): number => kept.reduce((sum, index) => sum + (widths[index] ?? 0), 0) + kept.length - 1;
  while (total() > width) {
    const worst = Math.max(...kept.map((index) => columns[index]?.leaveOut ?? 0));
    if (worst === 0) break;
    kept = kept.filter((index) => columns[index]?.leaveOut !== worst);
  }
  return kept;
}

function statusCell(row: StoreRow, { colour }: TableOptions): string {
  const { icon, word, colour: name } = verdictOf(row);
  const text = `${icon} ${word}`;
  return colour ? `\u001b[${ansiColours[name]}m${text}\u001b[39m` : text;
}

function localTime(now: Date, timezone: string): string {
  return DateTime.fromJSDate(now, { zone: timezone }).toFormat('HH:mm');
}

function shortened(text: string, maxChars: number): string {
  const characters = [...text];
  return characters.length <= maxChars ? text : `${characters.slice(0, maxChars - 1).join('')}…`;
}

/** Every icon and letter here takes one column; colours take none. */
function visibleLength(text: string): number {
  return [...text.replaceAll(/\u001b\[\d+m/g, '')].length; // eslint-disable-line no-control-regex
}
