import { monitoringMissing } from './monitoring.js';
import { pagerFigures } from './pager.js';

/** `npm run test:pager`: ends with 1 when another page came than those expected. Needs Prometheus and Alertmanager. */
async function main(): Promise<void> {
  const missing = monitoringMissing();
  if (missing) {
    process.stdout.write(`SKIPPED: ${missing}\n`);
    process.exit(0);
  }
  const figures = await pagerFigures((line) => process.stdout.write(`  ${line}\n`));
  process.stdout.write('\n| what | figure |\n| - | - |\n');
  for (const { what, value } of figures) process.stdout.write(`| ${what} | ${value} |\n`);
  process.exit(figures.every(({ kept }) => kept) ? 0 : 1);
}

await main();
