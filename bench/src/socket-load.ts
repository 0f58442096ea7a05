import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { defaultHeartbeatIntervalMs } from '@hq-sync/protocol/limits';
import type { CrowdConfig } from '@hq-sync/testkit/crowd/crowd-host-main';
import { CrowdHosts } from '@hq-sync/testkit/crowd/crowd-hosts';
import type { BenchHeadquarters } from './bench-headquarters.js';
import { cpuMicroseconds, cpuMicrosecondsWithChildren, residentBytes } from './process-usage.js';
import type { SocketServer } from './socket-servers.js';

/** Until the garbage of connecting is old enough to be collected. */
const settleMs = 10_000;
/** The most often that the protocol lets a store beat, register by register. */
export const loadIntervalMs = 1_000;
/** Twice that, so that all beat at their own moment when the reading begins. */
const rampMs = 2_000;
const loadMs = 5_000;

/** What one server did while it was loaded. */
export interface SocketLoad {
  readonly heartbeatsPerSecond: number;
  /** CPU time of the server's process, pings and all else included. */
  readonly microsecondsPerHeartbeat: number;
  /** CPU time of PostgreSQL meanwhile. */
  readonly postgresMicrosecondsPerHeartbeat: number;
  /** Rows of stores that were written meanwhile, for each heartbeat. */
  readonly writtenPerHeartbeat: number;
}

/** A server with a crowd that idles, or that beats as often as it may. */
export class CrowdedServer {
  private constructor(
    private readonly hq: BenchHeadquarters,
    private readonly server: SocketServer,
    private readonly hosts: CrowdHosts,
    /** Resident memory that each idle store added. */
    readonly bytesPerStore: number,
  ) {}

  /** @param server just started, its stores not yet there; it ends with `stop`. */
  static async fill(
    hq: BenchHeadquarters,
    server: SocketServer,
    stores: CrowdConfig['stores'],
  ): Promise<CrowdedServer> {
    const hosts = new CrowdHosts(await hq.newFolder());
    try {
      const emptyBytes = await bytesWithoutGarbage(server);
      await hosts.spread(server.url, stores);
      await server.allConnected(stores.length);
      await sleep(settleMs);
      const bytesPerStore = ((await bytesWithoutGarbage(server)) - emptyBytes) / stores.length;
      return new CrowdedServer(hq, server, hosts, bytesPerStore);
    } catch (error) {
      await hosts.stop();
      await server.stop();
      throw error;
    }
  }

  async load(): Promise<SocketLoad> {
    this.beatEvery(loadIntervalMs);
    await sleep(rampMs);
    const before = await this.reading();
    await sleep(loadMs);
    const after = await this.reading();
    this.beatEvery(defaultHeartbeatIntervalMs);
    const lost = this.hosts.losses.length;
    if (lost > 0) throw new Error(`${lost} stores lost their connection`);

    const heartbeats = after.heartbeats - before.heartbeats;
    return {
      heartbeatsPerSecond: heartbeats / ((after.atMs - before.atMs) / 1_000),
      microsecondsPerHeartbeat: (after.cpu - before.cpu) / heartbeats,
      postgresMicrosecondsPerHeartbeat: (after.postgresCpu - before.postgresCpu) / heartbeats,
      writtenPerHeartbeat: (after.written - before.written) / heartbeats,
    };
  }

  async stop(): Promise<void> {
    await this.hosts.stop();
    await this.server.stop();
  }

  private beatEvery(everyMs: number): void {
    for (const host of this.hosts.running) host.order({ order: 'beat', everyMs });
  }

  private async reading() {
    const heartbeats = await this.server.heartbeats();
    const [cpu, postgresCpu] = [
      cpuMicroseconds(this.server.pid),
      cpuMicrosecondsWithChildren(this.hq.postgresPid),
    ];
    const atMs = performance.now();
    const { rows } = await this.hq.pool.query<{ written: number }>(writtenRows);
    return { heartbeats, atMs, cpu, postgresCpu, written: rows[0]!.written };
  }
}

async function bytesWithoutGarbage(server: SocketServer): Promise<number> {
  await server.collectGarbage();
  return residentBytes(server.pid);
}

const writtenRows = `
  select n_tup_upd::int as written from pg_stat_user_tables where schemaname = 'hq' and relname = 'store_connection'`;
