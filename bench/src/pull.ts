import http from 'node:http';
import { once } from 'node:events';
import { performance } from 'node:perf_hooks';
import { to as copyTo } from 'pg-copy-streams';
import { limits } from '@hq-sync/protocol/limits';
import { figure, type Bench, type BenchRow, type Figure } from './bench.js';
import { startHeadquarters, type BenchHeadquarters } from './bench-headquarters.js';
import { cpuMicroseconds } from './process-usage.js';
import { readProducts, uploadProducts } from './products.js';

const rounds = 15;
/** Until the collector's code is compiled: the first rounds take up to twice the time of the later ones. */
const warmUpRounds = 5;
const mustReach = 0.7;
const newline = 0x0a;

/** A store that pulls everything of one entity, confirmations included, against COPY TO STDOUT of the same rows. */
export const pull: Bench = {
  name: 'pull',
  async run() {
    const { source, lines } = await readProducts();
    const hq = await startHeadquarters();
    try {
      await uploadProducts(hq, lines);
      await hq.admin.createStore({ storeId: 'puller' });
      const { token } = await hq.admin.generateToken('puller');
      const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
      const measured = { ours: [] as number[], copy: [] as number[], cpu: [] as number[] };
      for (let round = 0; round < warmUpRounds + rounds; round += 1) {
        const cpuBefore = cpuMicroseconds(hq.collectorPid);
        // No two rounds ask for pages of the same size: HQ holds none of them from the round before.
        const maxRecords = limits.maxPageRecords - round;
        const ours = await rowsPerSecond(() => pullAll(hq.url, token, agent, maxRecords));
        const cpu = cpuMicroseconds(hq.collectorPid) - cpuBefore;
        const copy = await rowsPerSecond(() => copyAll(hq));
        for (const { rows } of [ours, copy])
          if (rows !== lines.length) throw new Error(`${rows} rows came instead of ${lines.length}`);
        if (round < warmUpRounds) continue;
        measured.ours.push(ours.perSecond);
        measured.copy.push(copy.perSecond);
        measured.cpu.push(cpu / lines.length);
      }
      agent.destroy();
      const [ours, copy] = [figure(measured.ours, 'rows/s'), figure(measured.copy, 'rows/s')];
      return rows(`${lines.length} ${source}`, ours, copy, figure(measured.cpu, 'µs'));
    } finally {
      await hq.stop();
    }
  },
};

function rows(what: string, ours: Figure, copy: Figure, cpu: Figure): BenchRow[] {
  const ratio = ours.median / copy.median;
  return [
    {
      what: `pull of ${what} by one store, confirmed`,
      ours,
      peer: { name: 'COPY TO STDOUT', ...copy },
      ratio,
      mustReach: `${mustReach} of COPY`,
      reached: ratio >= mustReach,
    },
    { what: "CPU time of the collector's process for a pulled row", ours: cpu },
  ];
}

async function rowsPerSecond(work: () => Promise<number>): Promise<{ rows: number; perSecond: number }> {
  const startedAt = performance.now();
  const rows = await work();
  return { rows, perSecond: rows / ((performance.now() - startedAt) / 1000) };
}

/** From the start until the last page is confirmed; the lines are counted, only the last of each page is read. */
async function pullAll(url: string, token: string, agent: http.Agent, maxRecords: number): Promise<number> {
  let cursor: string | null = null;
  let confirm: string | undefined;
  let pulled = 0;
  for (;;) {
    const body = JSON.stringify({ cursor, maxRecords, ...(confirm !== undefined && { confirm }) });
    const request = http.request(`${url}/v1/pull/products`, {
      method: 'POST',
      agent,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    });
    request.end(body);
    const [response] = (await once(request, 'response')) as [http.IncomingMessage];
    const page = Buffer.concat((await response.toArray()) as Buffer[]);
    if (response.statusCode !== 200)
      throw new Error(`pull answered ${response.statusCode}: ${page.toString()}`);
    const last = page.subarray(page.lastIndexOf(newline, page.length - 2) + 1).toString();
    const {
      id,
      cursor: next,
      records,
    } = (JSON.parse(last) as { page: { id: string | null; cursor: string; records: number } }).page;
    pulled += records;
    if (id === null) return pulled;
    cursor = next;
    confirm = id;
  }
}

async function copyAll(hq: BenchHeadquarters): Promise<number> {
  const client = await hq.pool.connect();
  try {
    const stream = client.query(
      copyTo(
        `copy (select record_id, data from hq.hq_record where entity = 'products' and not deleted) to stdout`,
      ),
    );
    let copied = 0;
    for await (const chunk of stream as AsyncIterable<Buffer>)
      for (let at = chunk.indexOf(newline); at >= 0; at = chunk.indexOf(newline, at + 1)) copied += 1;
    return copied;
  } finally {
    client.release();
  }
}
