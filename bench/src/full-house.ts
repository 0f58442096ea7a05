import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { allConnected, connectedStores } from '@hq-sync/testkit/crowd/all-connected';
import { collectorUsage, type CollectorUsage } from '@hq-sync/testkit/crowd/collector-usage';
import type { CrowdConfig } from '@hq-sync/testkit/crowd/crowd-host-main';
import { CrowdHosts } from '@hq-sync/testkit/crowd/crowd-hosts';
import { mostStoresOfACollector } from '@hq-sync/testkit/crowd/open-files';
import type { BenchHeadquarters } from './bench-headquarters.js';
import { cpuMicrosecondsWithChildren } from './process-usage.js';

export const watchedSeconds = 180;
const lookEveryMs = 1_000;

export interface FullHouse {
  readonly connectedSeconds: number;
  /** Stores that the view showed connected, each second. */
  readonly green: readonly number[];
  /** Connections that ended. */
  readonly losses: number;
  /** Of each collector. */
  readonly usage: readonly CollectorUsage[];
  /** Of one core. */
  readonly postgresCpuPercent: number;
}

/**
 * All stores idle with default settings and HQ is watched, by the view that people see. One collector holds them when
 * the limit of open files lets it, else as few as can.
 */
export async function watchFullHouse(
  hq: BenchHeadquarters,
  stores: CrowdConfig['stores'],
): Promise<FullHouse> {
  const urls: string[] = [];
  const hosts = new CrowdHosts(await hq.newFolder());
  const each = Math.ceil(stores.length / Math.ceil(stores.length / mostStoresOfACollector()));
  try {
    const startedMs = performance.now();
    for (let first = 0; first < stores.length; first += each) {
      const { url } = await hq.addCollector();
      urls.push(url);
      await hosts.spread(url, stores.slice(first, first + each));
    }
    await allConnected(hq.pool, stores.length);
    const connectedSeconds = (performance.now() - startedMs) / 1_000;

    const postgresCpu = cpuMicrosecondsWithChildren(hq.postgresPid);
    const [green, usage] = await Promise.all([
      lookAtTheView(hq),
      Promise.all(urls.map((url) => collectorUsage(url, watchedSeconds))),
    ]);
    const postgresSeconds = (cpuMicrosecondsWithChildren(hq.postgresPid) - postgresCpu) / 1e6;
    return {
      connectedSeconds,
      green,
      losses: hosts.losses.length,
      usage,
      postgresCpuPercent: (postgresSeconds / watchedSeconds) * 100,
    };
  } finally {
    await hosts.stop();
  }
}

async function lookAtTheView(hq: BenchHeadquarters): Promise<number[]> {
  const green: number[] = [];
  const endMs = performance.now() + watchedSeconds * 1_000;
  while (performance.now() < endMs) {
    green.push(await connectedStores(hq.pool));
    await sleep(lookEveryMs);
  }
  return green;
}
