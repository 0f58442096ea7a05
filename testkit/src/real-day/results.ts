import { readFile, writeFile } from 'node:fs/promises';
import { atAnswer, inResync, killsOf } from './faults.js';
import type { MachineReport } from './machines/machine-run.js';
import type { RealDayReport } from './real-day.js';

const page = new URL('../../../docs/results/real-day.md', import.meta.url);

type Cell = string | number;

/** A row for each seed, and what all come to together. */
export function daysTable(reports: readonly RealDayReport[]): string {
  const columns: [string, (report: RealDayReport) => number][] = [
    ['s', ({ seconds }) => seconds],
    ['kills', (report) => killsOf(report)],
    ['at an answer', (report) => killsOf(report, atAnswer)],
    ['in a resync', (report) => killsOf(report, inResync)],
    ['retries', ({ retries }) => retries],
    ['duplicates', ({ duplicates }) => duplicates],
    ['replaced', ({ replaced }) => replaced],
    ['changes at HQ', ({ changes }) => changes],
    ['resyncs', ({ resyncsDone }) => resyncsDone],
    ['records pulled', ({ pulledRecords }) => pulledRecords],
    ['records compared', ({ copiedRecords }) => copiedRecords],
    ['differences', ({ differences }) => differences.length],
  ];
  const rows = reports.map((report): Cell[] => [report.seed, ...columns.map(([, of]) => of(report))]);
  const sums = columns.map(([, of]) => reports.reduce((sum, report) => sum + of(report), 0));
  return tableOf(['seed', ...columns.map(([name]) => name)], [...rows, ['all', ...sums]]);
}

export function machinesTable(reports: readonly MachineReport[]): string {
  return tableOf(
    ['what', 's', 'what happened', 'resyncs', 'records compared', 'differences'],
    reports.map(({ name, seconds, happened, resyncsDone, copiedRecords, differences }): Cell[] => [
      name,
      seconds,
      happened.join('; '),
      resyncsDone,
      copiedRecords,
      differences.length,
    ]),
  );
}

/** Puts the table at the end of the section with this heading in docs/results/real-day.md, in place of the one there. */
export async function keepResults(heading: string, table: string): Promise<void> {
  const sections = (await readFile(page, 'utf8')).split(/^(?=## )/m);
  const index = sections.findIndex((section) => section.startsWith(`## ${heading}\n`));
  if (index < 0) throw new Error(`${page.pathname} has no heading "${heading}"`);
  const lines = sections[index]!.split('\n').filter((line) => !line.startsWith('|'));
  const isLast = index === sections.length - 1;
  sections[index] = `${lines.join('\n').trimEnd()}\n\n${table}\n${isLast ? '' : '\n'}`;
  await writeFile(page, sections.join(''));
}

/** As Prettier writes tables. */
function tableOf(head: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const widths = head.map((name, column) =>
    Math.max(3, name.length, ...rows.map((cells) => String(cells[column]).length)),
  );
  const line = (cells: readonly Cell[]) =>
    `| ${cells.map((cell, column) => String(cell).padEnd(widths[column]!)).join(' | ')} |`;
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
}
