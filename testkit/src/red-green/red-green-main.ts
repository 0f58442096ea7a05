import { redAndGreen, type Measured } from './red-green.js';
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
  process.stdout.write(`\n${['what', 'stores', 'p50 ms', 'p99 ms', 'max ms', 'bound ms'].join(' | ')}\n`);
  for (const one of measured) process.stdout.write(`${lineOf(one)}\n`);
  process.exit(measured.every(kept) ? 0 : 1);
}

const percentile = (sorted: readonly number[], share: number) =>
  sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)] ?? Infinity;

function kept({ tookMs, boundMs }: Measured): boolean {
  return (
    percentile(
      [...tookMs].sort((left, right) => left - right),
      0.99,
    ) <= boundMs
  );
}

function lineOf(one: Measured): string {
  const sorted = [...one.tookMs].sort((left, right) => left - right);
  const figures = [0.5, 0.99, 1].map((share) => Math.round(percentile(sorted, share)));
  return [one.what, sorted.length, ...figures, `${one.boundMs}${kept(one) ? '' : '  NOT KEPT'}`].join(' | ');
}

await main();
