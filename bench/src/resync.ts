import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { agentLimits } from '@hq-sync/store-agent/limits';
import { figure, type Bench, type BenchRow, type Figure } from './bench.js';
import { startHeadquarters, type BenchHeadquarters } from './bench-headquarters.js';
import { cpuMicroseconds, cpuMicrosecondsWithChildren } from './process-usage.js';
import { readProducts, uploadProducts } from './products.js';
import type { ResyncDone, ResyncOrder } from './resync-stores.js';

const crowd = 100;
const rounds = 3;
const mustStayUnder = 5;

interface Measured {
  readonly wall: number;
  readonly collector: number;
  readonly postgres: number;
  readonly cost: number;
}

/** What a hundred stores that read everything at once cost HQ, against what one alone costs it. */
export const resync: Bench = {
  name: 'resync',
  async run() {
    const { source, lines } = await readProducts();
    const hq = await startHeadquarters();
    const stores = fork(fileURLToPath(new URL('./resync-stores.js', import.meta.url)));
    try {
      await uploadProducts(hq, lines);
      const tokens = await createStores(hq);
      const one: Measured[] = [];
      const all: Measured[] = [];
      let maxRecords: number = agentLimits.maxPullRecords;
      const measure = async (some: readonly string[]) =>
        // No two runs ask for pages of the same size: HQ holds none of them from the run before.
        measured(hq, stores, { url: hq.url, tokens: some, maxRecords: (maxRecords -= 1) }, lines.length);
      for (let round = 0; round <= rounds; round += 1) {
        const alone = await measure(tokens.slice(0, 1));
        const together = await measure(tokens);
        if (round === 0) continue; // warms both
        one.push(alone);
        all.push(together);
      }
      return rows(`${lines.length} ${source}`, one, all);
    } finally {
      stores.disconnect();
      await hq.stop();
    }
  },
};

function rows(what: string, one: readonly Measured[], all: readonly Measured[]): BenchRow[] {
  const of = (runs: readonly Measured[], part: keyof Measured): Figure =>
    figure(
      runs.map((run) => run[part]),
      's',
    );
  const ratio = of(all, 'cost').median / of(one, 'cost').median;
  const beside = (about: string, part: keyof Measured): BenchRow => ({
    what: `${about}, ${crowd} stores`,
    ours: of(all, part),
    peer: { name: 'one store', ...of(one, part) },
    ratio: of(all, part).median / of(one, part).median,
  });
  return [
    {
      what: `resync of ${what} by ${crowd} stores at once: CPU time of the collector and PostgreSQL`,
      ours: of(all, 'cost'),
      peer: { name: 'one store', ...of(one, 'cost') },
      ratio,
      mustReach: `under ${mustStayUnder} times one store`,
      reached: ratio < mustStayUnder,
    },
    beside('of it the collector', 'collector'),
    beside('of it PostgreSQL', 'postgres'),
    beside('wall time', 'wall'),
  ];
}

async function createStores(hq: BenchHeadquarters): Promise<string[]> {
  const tokens: string[] = [];
  for (let number = 1; number <= crowd; number += 1) {
    await hq.admin.createStore({ storeId: `store-${number}` });
    tokens.push((await hq.admin.generateToken(`store-${number}`)).token);
  }
  return tokens;
}

/** Seconds. */
async function measured(
  hq: BenchHeadquarters,
  stores: ChildProcess,
  order: ResyncOrder,
  products: number,
): Promise<Measured> {
  const usage = () => ({
    collector: cpuMicroseconds(hq.collectorPid) / 1e6,
    postgres: cpuMicrosecondsWithChildren(hq.postgresPid) / 1e6,
  });
  const before = usage();
  stores.send(order);
  const [{ records, seconds }] = (await once(stores, 'message')) as [ResyncDone];
  const after = usage();
  if (records !== products * order.tokens.length)
    throw new Error(`${records} records came instead of ${products * order.tokens.length}`);
  const collector = after.collector - before.collector;
  const postgres = after.postgres - before.postgres;
  return { wall: seconds, collector, postgres, cost: collector + postgres };
}
