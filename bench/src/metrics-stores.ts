import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import http from 'node:http';
import { performance } from 'node:perf_hooks';
import { setTimeout } from 'node:timers/promises';
import { figure, type Bench, type BenchRow } from './bench.js';
import type { ContenderName } from './metrics-contenders.js';
import type { ServerState } from './metrics-server.js';

const stores = 10_000;
const runs = 9;
/** After each turn, so that none is measured beside the garbage collection of the one before. */
const settleMs = 300;
const mustBeFaster = 20;
const maxStallMs = 20;
const maxOverCopy = 3;

/** /metrics/stores of 10,000 stores, from the request to the last byte, over a socket to another process. */
export const metricsStores: Bench = {
  name: 'metrics-stores',
  async run() {
    const names = ['ours', 'prom-client', 'copy'] as const;
    const servers: Record<ContenderName, Server> = {
      ours: await startServer('ours'),
      'prom-client': await startServer('prom-client'),
      copy: await startServer('copy'),
    };
    try {
      const measured = { ours: [], 'prom-client': [], copy: [] } as Record<ContenderName, Run[]>;
      for (const name of names) await oneRun(servers[name], 1);
      for (let round = 2; round < runs + 2; round++) {
        for (const name of names) measured[name].push(await oneRun(servers[name], round));
      }
      const gzip: Scrape[] = [];
      for (let i = 0; i < runs; i++) gzip.push(await scrape(servers.ours, 'gzip'));
      return rows(measured, gzip);
    } finally {
      for (const { child } of Object.values(servers)) child.disconnect();
    }
  },
};

function rows({ ours, 'prom-client': peer, copy }: Record<ContenderName, Run[]>, gzip: Scrape[]): BenchRow[] {
  const ms = (list: readonly Run[], value: (run: Run) => number) => figure(list.map(value), 'ms');
  const megabytes = (list: readonly Run[]) => figure([list.at(-1)!.state.residentBytes / 1e6], 'MB resident');
  const scrapeMs = ms(ours, (run) => run.scrape.ms);
  const peerScrapeMs = ms(peer, (run) => run.scrape.ms);
  const copyMs = ms(copy, (run) => run.scrape.ms);
  const freshMs = ms(ours, (run) => run.changeMs + run.scrape.ms);
  const peerFreshMs = ms(peer, (run) => run.changeMs + run.scrape.ms);
  const stallMs = ms(ours, (run) => run.state.stallMs);
  const { bytes, series } = ours[0]!.scrape;
  if (series !== peer[0]!.scrape.series) throw new Error('prom-client was not given the same series');

  const what = `/metrics/stores, ${stores} stores x ${Math.floor(series / stores)} series, ${(bytes / 1e6).toFixed(0)} MB`;
  const faster = (ratio: number) => ({
    ratio,
    mustReach: `${mustBeFaster} times faster`,
    reached: ratio >= mustBeFaster,
  });
  return [
    {
      what: `${what}: a scrape`,
      ours: scrapeMs,
      peer: { name: 'prom-client', ...peerScrapeMs },
      ...faster(peerScrapeMs.median / scrapeMs.median),
    },
    {
      what: 'the same after a heartbeat of every second store, its rendering included',
      ours: freshMs,
      peer: { name: 'prom-client', ...peerFreshMs },
      ...faster(peerFreshMs.median / freshMs.median),
    },
    {
      what: 'a scrape against sending the same bytes from one ready buffer',
      ours: scrapeMs,
      peer: { name: 'res.end', ...copyMs },
      ratio: scrapeMs.median / copyMs.median,
      mustReach: `at most ${maxOverCopy} times as long`,
      reached: scrapeMs.median <= maxOverCopy * copyMs.median,
    },
    {
      what: 'longest stall of the event loop in a round of rendering and scrape',
      ours: stallMs,
      peer: { name: 'prom-client', ...ms(peer, (run) => run.state.stallMs) },
      mustReach: `none over ${maxStallMs} ms`,
      reached: stallMs.max <= maxStallMs,
    },
    {
      what: `a scrape with gzip, ${(gzip[0]!.bytes / 1e6).toFixed(1)} MB on the wire`,
      ours: figure(
        gzip.map((one) => one.ms),
        'ms',
      ),
    },
    {
      what: 'memory of the process after all runs',
      ours: megabytes(ours),
      peer: { name: 'prom-client', ...megabytes(peer) },
    },
  ];
}

interface Server {
  readonly child: ChildProcess;
  readonly port: number;
  readonly agent: http.Agent;
}

interface Run {
  readonly changeMs: number;
  readonly scrape: Scrape;
  readonly state: ServerState;
}

interface Scrape {
  /** From the request to the last byte. */
  readonly ms: number;
  readonly bytes: number;
  /** Lines that are no comment; 0 where they are compressed. */
  readonly series: number;
}

async function startServer(name: ContenderName): Promise<Server> {
  const child = fork(new URL('./metrics-server.js', import.meta.url), [name, String(stores)]);
  const [port] = (await once(child, 'message')) as [number];
  return { child, port, agent: new http.Agent({ keepAlive: true }) };
}

async function oneRun(server: Server, round: number): Promise<Run> {
  const changeMs = Number((await read(server, 'POST', `/change/${round}`)).text());
  const scraped = await scrape(server, 'identity');
  const state = JSON.parse((await read(server, 'GET', '/state')).text()) as ServerState;
  await setTimeout(settleMs);
  return { changeMs, scrape: scraped, state };
}

async function scrape(server: Server, encoding: 'identity' | 'gzip'): Promise<Scrape> {
  const startedAt = performance.now();
  const body = await read(server, 'GET', '/metrics', { 'Accept-Encoding': encoding });
  const ms = performance.now() - startedAt;
  return { ms, bytes: body.bytes, series: encoding === 'gzip' ? 0 : countSeries(body.text()) };
}

function countSeries(text: string): number {
  return text.split('\n').filter((line) => line !== '' && !line.startsWith('#')).length;
}

async function read(
  { port, agent }: Server,
  method: string,
  path: string,
  headers: http.OutgoingHttpHeaders = {},
): Promise<{ bytes: number; text: () => string }> {
  const request = http.request({ host: '127.0.0.1', port, method, path, agent, headers }).end();
  const [response] = (await once(request, 'response')) as [http.IncomingMessage];
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  if (response.statusCode !== 200) throw new Error(`${path} answered ${response.statusCode}`);
  return {
    bytes: chunks.reduce((sum, { length }) => sum + length, 0),
    text: () => Buffer.concat(chunks).toString(),
  };
}
