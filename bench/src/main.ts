import { parseArgs } from 'node:util';
import { benches } from './benches.js';
import { describeMachine } from './machine.js';
import { printTable, writeResult } from './results.js';

/** `npm run bench [-- --only name]`: prints one table, keeps each bench's result in results/. Exit 2: no such bench. */
async function main(): Promise<void> {
  const { values } = parseArgs({ options: { only: { type: 'string' } } });
  const chosen = benches.filter(({ name }) => values.only === undefined || name === values.only);
  if (chosen.length === 0) {
    process.stderr.write(
      `No bench is named ${values.only}. There are: ${benches.map(({ name }) => name).join(', ')}\n`,
    );
    process.exitCode = 2;
    return;
  }

  const machine = await describeMachine();
  const all = [];
  for (const bench of chosen) {
    process.stderr.write(`${bench.name} …\n`);
    const rows = await bench.run();
    await writeResult({ name: bench.name, machine, rows });
    all.push(...rows);
  }
  printTable(machine, all);
}

await main();
