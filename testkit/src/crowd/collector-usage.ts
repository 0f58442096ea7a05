import { setTimeout as sleep } from 'node:timers/promises';

export interface CollectorUsage {
  readonly residentMiB: number;
  /** Of one core. */
  readonly cpuPercent: number;
  readonly eventLoopLagP99Ms: number;
  readonly heartbeatsPerSecond: number;
}

/** What the collector says of itself in `/metrics`, over some seconds. */
export async function collectorUsage(url: string, seconds: number): Promise<CollectorUsage> {
  const before = await scrape(url);
  await sleep(seconds * 1_000);
  const after = await scrape(url);
  const perSecond = (name: string) => (after(name) - before(name)) / seconds;
  return {
    residentMiB: after('hq_collector_process_resident_memory_bytes') / 1024 ** 2,
    cpuPercent: perSecond('hq_collector_process_cpu_seconds_total') * 100,
    eventLoopLagP99Ms: after('hq_collector_nodejs_eventloop_lag_p99_seconds') * 1_000,
    heartbeatsPerSecond: perSecond('hq_collector_heartbeats_total'),
  };
}

/** A sample of `/metrics` by its name, without labels. */
export async function scrape(url: string): Promise<(name: string) => number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return (name) => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1] ?? NaN);
}
