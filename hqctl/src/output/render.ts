import { styleText } from 'node:util';
import Table from 'cli-table3';
import type { Row } from '../command.js';
import { dash, printable, text } from './format.js';
import type { Card, Column, Table as TableView, View } from './view.js';

export interface Surface {
  /** In characters. */
  readonly width: number;
  readonly colour: boolean;
}

const gap = 2;

/** The view as lines of text, ending with a line break. */
export function render(view: View, surface: Surface): string {
  const parts = view.map((part) => {
    switch (part.kind) {
      case 'table':
        return renderTable(part, surface);
      case 'card':
        return renderCard(part, surface);
      case 'sentence':
        return printable(part.text);
    }
  });
  return `${parts.join('\n\n')}\n`;
}

function renderTable({ title, columns, rows, empty }: TableView, surface: Surface): string {
  const head = title === undefined ? '' : `${bold(title, surface)}\n`;
  if (rows.length === 0) return `${head}${empty}`;
  const cells = columns.map((column) => rows.map((row) => cellOf(column, row)));
  const widths = columns.map(({ head }, index) => Math.max(...[head, ...cells[index]!].map(length)));
  const kept = fitting(columns, widths, surface.width);
  const table = plainTable(kept.map((index) => columns[index]!.right ?? false));
  table.push(kept.map((index) => bold(columns[index]!.head, surface)));
  rows.forEach((row, line) =>
    table.push(kept.map((index) => coloured(columns[index]!, cells[index]![line]!, row, surface))),
  );
  return `${head}${trimmed(table)}`;
}

function renderCard({ fields, row }: Card, { width, colour }: Surface): string {
  const table = plainTable([false, false]);
  const room = width - Math.max(...fields.map(({ head }) => head.length)) - gap;
  for (const field of fields) {
    const lines = wrapped(cellOf(field, row), room);
    lines.forEach((line, index) =>
      table.push([
        index === 0 ? bold(field.head, { width, colour }) : '',
        coloured(field, line, row, { width, colour }),
      ]),
    );
  }
  return trimmed(table);
}

function cellOf({ field, format = text, maxChars }: Column, row: Row): string {
  const value = row[field];
  if (value === null || value === undefined || value === '') return dash;
  const cell = printable(format(value, row));
  const characters = [...cell];
  if (maxChars === undefined || characters.length <= maxChars) return cell;
  return `${characters.slice(0, maxChars - 1).join('')}…`;
}

/** Indexes of the columns that fit beside each other. */
function fitting(columns: readonly Column[], widths: readonly number[], width: number): number[] {
  let kept = columns.map((_, index) => index);
  const total = () => kept.reduce((sum, index) => sum + widths[index]!, (kept.length - 1) * gap);
  while (total() > width) {
    const worst = Math.max(...kept.map((index) => columns[index]!.leaveOut ?? 0));
    if (worst === 0) break;
    kept = kept.filter((index) => (columns[index]!.leaveOut ?? 0) !== worst);
  }
  return kept;
}

/** At blanks where there are some. */
function wrapped(value: string, room: number): string[] {
  const lines: string[] = [];
  let rest = value;
  while (length(rest) > room) {
    const blank = rest.lastIndexOf(' ', room);
    const end = blank > 0 ? blank : room;
    lines.push(rest.slice(0, end));
    rest = rest.slice(end).trimStart();
  }
  return [...lines, rest];
}

function plainTable(right: readonly boolean[]): Table.Table {
  const none = Object.fromEntries(borders.map((border) => [border, '']));
  return new Table({
    colAligns: right.map((isRight) => (isRight ? 'right' : 'left')),
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0, compact: true },
    chars: { ...none, middle: ' '.repeat(gap) },
  });
}

const borders = [
  ...['top', 'top-mid', 'top-left', 'top-right', 'bottom', 'bottom-mid', 'bottom-left', 'bottom-right'],
  ...['left', 'left-mid', 'mid', 'mid-mid', 'right', 'right-mid'],
];

const trimmed = (table: Table.Table): string => table.toString().replaceAll(/ +$/gm, '');

const tones: Readonly<Record<string, 'red' | 'yellow' | 'green' | 'gray'>> = {
  disconnected: 'red', failed: 'red', cancelled: 'yellow', unknown: 'yellow', 'never connected': 'yellow',
  open: 'red', held: 'yellow', running: 'green', queued: 'gray', connected: 'green', done: 'green', active: 'green',
  revoked: 'gray', expired: 'gray', 'no store server': 'gray',
}; // prettier-ignore

function coloured({ head }: Column, cell: string, _row: Row, { colour }: Surface): string {
  if (!colour || (head !== 'Status' && head !== 'State')) return cell;
  const tone = tones[cell.replace(/^\W /, '')];
  return tone === undefined ? cell : styleText(tone, cell);
}

const bold = (value: string, { colour }: Surface) => (colour ? styleText('bold', value) : value);

/** Every letter here is taken for one column. */
const length = (value: string): number => [...value].length;
