import http from 'node:http';
import { finished } from 'node:stream/promises';
import { once } from 'node:events';
import { performance } from 'node:perf_hooks';
import pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { figure, type Bench, type BenchRow, type Figure } from './bench.js';
import { cpuMicroseconds } from './process-usage.js';
import { startHeadquarters, type BenchHeadquarters } from './bench-headquarters.js';
import { readSales, repeatSales, type PushedSale } from './push-sales.js';

const connections = 8;
const batchRecords = 500;
const batchesPerConnection = 12;
const rounds = 7;
const rowsPerRound = connections * batchesPerConnection * batchRecords;
const mustReach = 0.5;

/** Durable rows a second over 8 connections in batches of 500, against COPY of the same rows into the same table. */
export const push: Bench = {
  name: 'push',
  async run() {
    const { source, sales } = await readSales();
    const hq = await startHeadquarters();
    const peer = await openCopyClients(hq.databaseUrl);
    try {
      const stores = await createStores(hq);
      const measured = { ours: [] as number[], copy: [] as number[], cpu: [] as number[] };
      for (let round = 0; round <= rounds; round += 1) {
        const work = stores.map((store, index) => ({
          store,
          client: peer[index]!,
          ours: batchesOf(repeatSales(sales, batchRecords * batchesPerConnection, `ours-${round}`)),
          copy: batchesOf(
            uniqueIds(repeatSales(sales, batchRecords * batchesPerConnection, `copy-${round}`)),
          ),
        }));
        const cpuBefore = cpuMicroseconds(hq.collectorPid);
        const ours = await rowsPerSecond(hq, work, ({ store, ours }) =>
          pushAll(hq.url, store, ours.map(ndjson)),
        );
        const cpu = (cpuMicroseconds(hq.collectorPid) - cpuBefore) / rowsPerRound;
        const copy = await rowsPerSecond(hq, work, ({ store, client, copy }) =>
          copyAll(
            client,
            copy.map((batch) => copyText(store.id, batch)),
          ),
        );
        if (round === 0) continue; // warms both
        measured.ours.push(ours);
        measured.copy.push(copy);
        measured.cpu.push(cpu);
      }
      await checkStored(hq);
      return rows(
        source,
        figure(measured.ours, 'rows/s'),
        figure(measured.copy, 'rows/s'),
        figure(measured.cpu, 'µs'),
      );
    } finally {
      for (const client of peer) await client.end();
      await hq.stop();
    }
  },
};

function rows(source: string, ours: Figure, copy: Figure, cpu: Figure): BenchRow[] {
  const ratio = ours.median / copy.median;
  return [
    {
      what: `push of ${source} with lines, ${batchRecords} a batch, ${connections} connections`,
      ours,
      peer: { name: 'COPY', ...copy },
      ratio,
      mustReach: `${mustReach} of COPY`,
      reached: ratio >= mustReach,
    },
    { what: "CPU time of the collector's process for a row", ours: cpu },
  ];
}

interface PushingStore {
  readonly id: string;
  readonly token: string;
  readonly agent: http.Agent;
}

async function createStores(hq: BenchHeadquarters): Promise<PushingStore[]> {
  const stores: PushingStore[] = [];
  for (let number = 1; number <= connections; number += 1) {
    const id = `store-${number}`;
    await hq.admin.createStore({ storeId: id });
    const { token } = await hq.admin.generateToken(id);
    stores.push({ id, token, agent: new http.Agent({ keepAlive: true, maxSockets: 1 }) });
  }
  return stores;
}

async function openCopyClients(databaseUrl: string): Promise<pg.Client[]> {
  const clients = Array.from({ length: connections }, () => new pg.Client(databaseUrl));
  for (const client of clients) await client.connect();
  return clients;
}

/** Each worker goes on by itself; the time is that until the last has ended. */
async function rowsPerSecond<Work>(
  hq: BenchHeadquarters,
  workers: readonly Work[],
  work: (worker: Work) => () => Promise<void>,
): Promise<number> {
  const prepared = workers.map(work);
  await hq.pool.query('checkpoint');
  const startedAt = performance.now();
  await Promise.all(prepared.map((run) => run()));
  const seconds = (performance.now() - startedAt) / 1000;
  return rowsPerRound / seconds;
}

function batchesOf(sales: readonly PushedSale[]): PushedSale[][] {
  return Array.from({ length: batchesPerConnection }, (_, index) =>
    sales.slice(index * batchRecords, (index + 1) * batchRecords),
  );
}

/** COPY knows no revisions: each has a row of its own. */
function uniqueIds(sales: readonly PushedSale[]): PushedSale[] {
  return sales.map((sale) => ({ ...sale, id: `${sale.id}-${sale.revision}` }));
}

const ndjson = (batch: readonly PushedSale[]): Buffer =>
  Buffer.from(batch.map((record) => `${JSON.stringify(record)}\n`).join(''));

function pushAll(url: string, store: PushingStore, bodies: readonly Buffer[]): () => Promise<void> {
  return async () => {
    for (const [index, body] of bodies.entries()) {
      const request = http.request(`${url}/v1/push/sales`, {
        method: 'POST',
        agent: store.agent,
        headers: {
          authorization: `Bearer ${store.token}`,
          'content-type': 'application/x-ndjson',
          'content-length': body.length,
          'hq-batch-id': `bench-${index}`,
          'hq-schema-version': '2',
        },
      });
      request.end(body);
      const [response] = (await once(request, 'response')) as [http.IncomingMessage];
      const answer = Buffer.concat(await response.toArray()).toString();
      if (response.statusCode !== 200) throw new Error(`push answered ${response.statusCode}: ${answer}`);
      const { quarantined } = JSON.parse(answer) as { quarantined: number };
      if (quarantined !== 0) throw new Error(`push did not take all: ${answer.slice(0, 200)}`);
    }
  };
}

const copyStatement = `copy hq.pushed_record (store_id, entity, record_id, revision, business_date, occurred_at, kind, status,
  currency, gross_minor, discount_minor, tax_minor, schema_version, data) from stdin`;

function copyText(storeId: string, batch: readonly PushedSale[]): Buffer {
  const lines = batch.map(({ id, revision, data }) =>
    [
      storeId,
      'sales',
      id,
      revision,
      data.completedAt.slice(0, 10),
      data.completedAt,
      data.kind,
      data.status,
      data.currency,
      data.grossMinor,
      data.discountMinor,
      data.taxMinor,
      2,
      JSON.stringify(data).replaceAll('\\', '\\\\'),
    ].join('\t'),
  );
  return Buffer.from(lines.join('\n') + '\n');
}

/** Each batch is a statement and so a transaction: durable, as a pushed one is. */
function copyAll(client: pg.Client, batches: readonly Buffer[]): () => Promise<void> {
  return async () => {
    for (const batch of batches) {
      const stream = client.query(copyFrom(copyStatement));
      stream.end(batch);
      await finished(stream);
    }
  };
}

/** What was answered is there: a fast push that loses rows is no push. */
async function checkStored(hq: BenchHeadquarters): Promise<void> {
  const { rows: held } = await hq.pool.query<{ pushed: string; logged: string }>(
    `select (select count(*) from hq.pushed_record where record_id like 'ours-%')
       + (select count(*) from hq.pushed_revision) as pushed,
     (select sum(accepted + replaced + duplicate) from hq.sync_log) as logged`,
  );
  const sent = (rounds + 1) * rowsPerRound;
  if (Number(held[0]!.pushed) !== sent || Number(held[0]!.logged) !== sent)
    throw new Error(
      `${sent} revisions were pushed, ${held[0]!.pushed} are held, ${held[0]!.logged} are logged`,
    );
}
