import os from 'node:os';
import { InstalledPostgres, oldestPostgres } from '../installed-postgres.js';
import { chainDataDir } from '../real-day/chain-data.js';
import { kept, measuredHeader, rowOf } from '../red-green/measured.js';
import { runCatalogue } from './catalogue.js';
import { keepResults } from './results.js';

/** `npm run test:catalogue`: ends with 1 when a bound is not kept or a copy is not HQ's, with 2 when it cannot run. */
async function main(): Promise<number> {
  const postgres = InstalledPostgres.find(oldestPostgres);
  if (!chainDataDir || !postgres) {
    if (!chainDataDir)
      process.stderr.write("HQ_CHAIN_DATA is not set: it names the folder with the real chain's data.\n");
    if (!postgres)
      process.stderr.write(`No PostgreSQL ${oldestPostgres} with pg_dump and psql is on this machine.\n`);
    return 2;
  }
  const before = os.loadavg()[0]!;
  const report = await runCatalogue(chainDataDir, postgres, (line) => process.stdout.write(`  ${line}\n`));
  const notKept = report.measured
    .filter((one) => !kept(one))
    .map(({ what }) => `${what}: the bound is not kept`);
  report.faults.push(...notKept);
  await keepResults(report, [before, os.loadavg()[0]!]);
  process.stdout.write(`\n${measuredHeader}\n${report.measured.map(rowOf).join('\n')}\n\n`);
  for (const { what, figure } of report.facts) process.stdout.write(`| ${what} | ${figure} |\n`);
  for (const fault of report.faults) process.stdout.write(`FAULT ${fault}\n`);
  return report.faults.length === 0 ? 0 : 1;
}

process.exit(await main());
