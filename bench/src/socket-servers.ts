import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { allConnected } from '@hq-sync/testkit/crowd/all-connected';
import { scrape } from '@hq-sync/testkit/crowd/collector-usage';
import { eventually } from '@hq-sync/testkit/eventually';
import type { BareWsState } from './bare-ws-server.js';
import type { BenchHeadquarters } from './bench-headquarters.js';

/** What is measured alike of both: a process that stores connect to. */
export interface SocketServer {
  readonly url: string;
  readonly pid: number;
  allConnected(stores: number): Promise<void>;
  /** Processed since its start. */
  heartbeats(): Promise<number>;
  collectGarbage(): Promise<void>;
  stop(): Promise<void>;
}

const nodeOptions = ['--expose-gc', '--import', new URL('./collect-garbage.js', import.meta.url).href];
const connectDeadlineMs = 120_000;

/** A collector that is as fresh as the peer. */
export async function startOurs(hq: BenchHeadquarters): Promise<SocketServer> {
  const collector = await hq.addCollector(nodeOptions);
  return {
    url: collector.url,
    pid: collector.process.pid!,
    allConnected: (stores) => allConnected(hq.pool, stores),
    heartbeats: async () => (await scrape(collector.url))('hq_collector_heartbeats_total'),
    collectGarbage: () => ask(collector.process, 'collect garbage'),
    stop: () => collector.stop(),
  };
}

export async function startBareWs(): Promise<SocketServer> {
  const server = fork(new URL('./bare-ws-server.js', import.meta.url), { execArgv: nodeOptions });
  const exited = once(server, 'exit');
  const [{ url }] = (await once(server, 'message')) as [{ url: string }];
  const state = () => ask<BareWsState>(server, 'state');
  return {
    url,
    pid: server.pid!,
    async allConnected(stores) {
      const connected = async () => (await state()).connected;
      await eventually(`${stores} stores connect`, connected, (n) => n === stores, connectDeadlineMs);
    },
    heartbeats: async () => (await state()).heartbeats,
    collectGarbage: () => ask(server, 'collect garbage'),
    async stop() {
      server.disconnect();
      await exited;
    },
  };
}

async function ask<Answer>(server: ChildProcess, question: string): Promise<Answer> {
  const answered = once(server, 'message');
  server.send(question);
  return ((await answered) as [Answer])[0];
}
