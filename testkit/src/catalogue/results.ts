import { writeFile } from 'node:fs/promises';
import os from 'node:os';
import { measuredHeader, rowOf } from '../red-green/measured.js';
import type { CatalogueReport } from './stage.js';

const page = new URL('../../../docs/results/catalogue.md', import.meta.url);

/** @param loads load averages of a minute, before and after the run. */
export async function keepResults(report: CatalogueReport, loads: readonly number[]): Promise<void> {
  await writeFile(page, pageOf(report, loads));
}

function pageOf({ facts, measured, faults }: CatalogueReport, loads: readonly number[]): string {
  const load = loads.map((one) => one.toFixed(1)).join(' before and ');
  const date = new Date().toISOString().slice(0, 10);
  return `# The catalogue: last figures

Written by \`npm run test:catalogue\` on ${date}: ${os.cpus().length} cores, Node ${process.version}, load average ${load} after.

A real chain's products, departments and tax rates are uploaded by the admin API, and 108 real agents with empty disks pull them; 1,000
prices change while they do. Then 200 agents are connected and idle; the other 92 began with the copy that one of the 108 had. Each
entity of each copy is compared with HQ's by a hash over all its records.

<!-- prettier-ignore -->
${measuredHeader}
${measured.map(rowOf).join('\n')}

Milliseconds from the admin API's answer (or the commit) until the price is in a store's copy, one figure for each store and change. The
process of the agents reads the copies by the product's id, as a till would, every 20 ms: so much a figure may be too high. A figure below
zero is a store that had the price before the answer was there.

<!-- prettier-ignore -->
| what | |
| - | - |
${facts.map(({ what, figure }) => `| ${what} | ${figure} |`).join('\n')}

${faults.length === 0 ? 'No fault.' : faults.map((fault) => `- FAULT ${fault}`).join('\n')}
`;
}
