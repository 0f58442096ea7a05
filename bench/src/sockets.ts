import type { CrowdConfig } from '@hq-sync/testkit/crowd/crowd-host-main';
import { createStores } from '@hq-sync/testkit/crowd/create-stores';
import { figure, type Bench, type BenchRow } from './bench.js';
import { startHeadquarters, type BenchHeadquarters } from './bench-headquarters.js';
import { watchedSeconds, watchFullHouse, type FullHouse } from './full-house.js';
import { CrowdedServer, loadIntervalMs, type SocketLoad } from './socket-load.js';
import { startBareWs, startOurs } from './socket-servers.js';

const loadedStores = 10_000;
const allStores = 20_000;
const rounds = 2;
/** In each round. */
const turns = 4;
const mostMemory = 2;
const mustReach = 0.6;

/** What a connected store costs beside a bare `ws` server, and whether a full house stays green. */
export const sockets: Bench = {
  name: 'sockets',
  async run() {
    const hq = await startHeadquarters();
    try {
      const stores = await createStores(hq.pool, 'store', allStores);
      const measured: Measured = { bytes: { ours: [], ws: [] }, loads: { ours: [], ws: [] } };
      for (let round = 0; round < rounds; round += 1)
        await measure(hq, stores.slice(0, loadedStores), measured);
      return [...loadRows(measured), ...fullHouseRows(await watchFullHouse(hq, stores))];
    } finally {
      await hq.stop();
    }
  },
};

interface Measured {
  readonly bytes: Record<'ours' | 'ws', number[]>;
  readonly loads: Record<'ours' | 'ws', SocketLoad[]>;
}

/** Both servers hold their stores at the same time and are loaded in turn: what else the machine does hits both alike. */
async function measure(
  hq: BenchHeadquarters,
  stores: CrowdConfig['stores'],
  { bytes, loads }: Measured,
): Promise<void> {
  const filled: CrowdedServer[] = [];
  try {
    const ours = await CrowdedServer.fill(hq, await startOurs(hq), stores);
    filled.push(ours);
    const ws = await CrowdedServer.fill(hq, await startBareWs(), stores);
    filled.push(ws);
    bytes.ours.push(ours.bytesPerStore);
    bytes.ws.push(ws.bytesPerStore);
    for (let turn = 0; turn < turns; turn += 1) {
      loads.ours.push(await ours.load());
      loads.ws.push(await ws.load());
    }
  } finally {
    for (const server of filled) await server.stop();
  }
}

function loadRows({ bytes, loads }: Measured): BenchRow[] {
  const compare = (unit: string, ours: readonly number[], ws: readonly number[]) => {
    const [mine, peer] = [figure(ours, unit), figure(ws, unit)];
    return { ours: mine, peer: { name: 'ws', ...peer }, ratio: mine.median / peer.median };
  };
  const of = (unit: string, value: (load: SocketLoad) => number) =>
    compare(unit, loads.ours.map(value), loads.ws.map(value));
  const kibibytes = (values: readonly number[]) => values.map((value) => value / 1024);
  const memory = compare('KiB', kibibytes(bytes.ours), kibibytes(bytes.ws));
  // Both run on one thread, so a second of its CPU is what bounds them.
  const heartbeats = of('a CPU second', (load) => 1e6 / load.microsecondsPerHeartbeat);
  return [
    {
      what: `memory of an idle store, ${loadedStores} connected`,
      ...memory,
      mustReach: `at most ${mostMemory} times as much`,
      reached: memory.ratio <= mostMemory,
    },
    {
      what: `heartbeats in a second of the server's CPU time; each of the ${loadedStores} stores beats every ${loadIntervalMs} ms, pings included`,
      ...heartbeats,
      mustReach: `${mustReach} of ws`,
      reached: heartbeats.ratio >= mustReach,
    },
    { what: 'heartbeats taken meanwhile', ...of('a second', (load) => load.heartbeatsPerSecond) },
    {
      what: 'of them written to PostgreSQL; a newer one of the same store may overtake one that waits',
      ours: figure(
        loads.ours.map((load) => load.writtenPerHeartbeat * 100),
        '%',
      ),
    },
    {
      what: "PostgreSQL's CPU time for a heartbeat, beside the server's",
      ours: figure(
        loads.ours.map((load) => load.postgresMicrosecondsPerHeartbeat),
        'µs',
      ),
    },
  ];
}

function fullHouseRows(house: FullHouse): BenchRow[] {
  const green = figure(house.green, 'green');
  const collectors = house.usage.length;
  const of = (unit: string, value: (usage: FullHouse['usage'][number]) => number) =>
    figure(house.usage.map(value), unit);
  return [
    {
      what: `${allStores} stores on ${collectors} ${collectors === 1 ? 'collector' : 'collectors'}, default settings, looked at each second for ${watchedSeconds} s; ${house.losses} connections lost`,
      ours: green,
      mustReach: 'all green at each look, none lost',
      reached: green.min === allStores && house.losses === 0,
    },
    {
      what: 'until all were connected',
      ours: figure([house.connectedSeconds], 's'),
    },
    { what: 'CPU of a collector meanwhile', ours: of('% of a core', (usage) => usage.cpuPercent) },
    { what: 'resident memory of a collector', ours: of('MiB', (usage) => usage.residentMiB) },
    { what: 'lag of its event loop, p99', ours: of('ms', (usage) => usage.eventLoopLagP99Ms) },
    { what: 'CPU of PostgreSQL meanwhile', ours: figure([house.postgresCpuPercent], '% of a core') },
  ];
}
