import Table from 'cli-table3';
import { mkdir, writeFile } from 'node:fs/promises';
import { formatFigure, short, verdict, type BenchRow } from './bench.js';
import type { Machine } from './machine.js';

export interface BenchResult {
  readonly name: string;
  readonly machine: Machine;
  readonly rows: readonly BenchRow[];
}

const columns = ['what', 'ours: median (min to max)', 'peer', 'ratio', 'must reach', 'verdict'];

export function printTable(machine: Machine, rows: readonly BenchRow[]): void {
  const table = new Table({
    head: columns,
    style: { head: [], border: [] },
    colWidths: [44, 28, 30, 8, 26, 13],
    wordWrap: true,
  });
  for (const row of rows) table.push(cells(row));
  process.stdout.write(`${table.toString()}\n${sentence(machine)}\n`);
}

/** results/<name>.json for programs and results/<name>.md for people. */
export async function writeResult(result: BenchResult): Promise<void> {
  const folder = new URL('../results/', import.meta.url);
  await mkdir(folder, { recursive: true });
  await writeFile(new URL(`${result.name}.json`, folder), JSON.stringify(result, null, 2) + '\n');
  await writeFile(new URL(`${result.name}.md`, folder), asMarkdown(result));
}

function asMarkdown({ name, machine, rows }: BenchResult): string {
  const line = (texts: readonly string[]) =>
    `| ${texts.map((text) => text.replaceAll('|', '\\|')).join(' | ')} |`;
  const table = [line(columns), line(columns.map(() => '---')), ...rows.map((row) => line(cells(row)))];
  return `# ${name}\n\n${sentence(machine)}\n\n<!-- prettier-ignore -->\n${table.join('\n')}\n`;
}

function cells(row: BenchRow): string[] {
  return [
    row.what,
    formatFigure(row.ours),
    row.peer === undefined ? '' : `${row.peer.name}: ${formatFigure(row.peer)}`,
    row.ratio === undefined ? '' : short(row.ratio),
    row.mustReach ?? '',
    verdict(row),
  ];
}

function sentence({ cpu, cores, memoryGiB, os, node, postgres, loadBefore, date }: Machine): string {
  return `Measured ${date} on ${cpu}, ${cores} cores, ${memoryGiB} GiB, ${os}, Node ${node}, ${postgres}; load before the start ${loadBefore.toFixed(2)}.`;
}
