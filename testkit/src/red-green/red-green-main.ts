import { kept, measuredHeader, rowOf, type Measured } from './measured.js';
import { redAndGreen } from './red-green.js';
import { Stage } from './stage.js';
import { hqAddress, namespaceMissing, StoreNamespace } from './store-namespace.js';

/** `npm run test:red-green`: ends with 1 when a bound is not kept. Needs root and iproute2 for the silent network. */
async function main(): Promise<void> {
  const missing = namespaceMissing();
  if (missing) process.stdout.write(`SKIPPED: the silent network (${missing})\n`);
  const namespace = missing ? undefined : StoreNamespace.create();
  const stage = await Stage.set(namespace ? hqAddress : '127.0.0.1');
  let measured: Measured[];
  try {
    measured = await redAndGreen(stage, namespace, (line) => process.stdout.write(`  ${line}\n`));
  } finally {
    await stage.strike();
    namespace?.remove();
  }
  process.stdout.write(`\n${measuredHeader}\n`);
  for (const one of measured) process.stdout.write(`${rowOf(one)}\n`);
  process.exit(measured.every(kept) ? 0 : 1);
}

await main();
