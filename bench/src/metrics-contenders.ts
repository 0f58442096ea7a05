import { FleetExposition } from '@hq-sync/hq-collector/metrics/fleet-exposition';
import { fleetFamilies } from '@hq-sync/hq-collector/metrics/fleet-families';
import type { FleetReading } from '@hq-sync/hq-collector/metrics/fleet-reading';
import { sendExposition } from '@hq-sync/hq-collector/metrics/send-exposition';
import { storeFamilies } from '@hq-sync/hq-collector/metrics/store-families';
import type { StoreSample } from '@hq-sync/hq-collector/metrics/store-sample';
import type { ServerResponse } from 'node:http';
import { Counter, Gauge, Registry } from 'prom-client';

/** Something that answers a scrape of the fleet. */
export interface Contender {
  /** Takes over what has happened since the last scrape: `fleet` already has it, `changed` are the stores concerned. */
  change(changed: readonly StoreSample[]): Promise<void>;
  scrape(response: ServerResponse, gzip: boolean): Promise<void>;
}

export type ContenderName = 'ours' | 'prom-client' | 'copy';

export async function makeContender(
  name: ContenderName,
  fleet: Map<string, StoreSample>,
): Promise<Contender> {
  if (name === 'prom-client') return promClient(fleet);
  const exposition = new FleetExposition();
  await exposition.update(readingOf(fleet));
  return name === 'ours' ? ours(fleet, exposition) : copy(Buffer.concat(exposition.snapshot()));
}

const readingOf = (stores: Map<string, StoreSample>): FleetReading => ({ stores, resyncJobs: new Map() });

function ours(fleet: Map<string, StoreSample>, exposition: FleetExposition): Contender {
  return {
    change: () => exposition.update(readingOf(fleet)),
    scrape: (response, gzip) => sendExposition(response, exposition.snapshot(), { gzip, headersOnly: false }),
  };
}

/** The same bytes, ready in one buffer: what no exporter can do better. */
function copy(text: Buffer): Contender {
  return {
    async change() {},
    async scrape(response) {
      response.setHeader('Content-Length', text.length);
      response.end(text);
    },
  };
}

function promClient(fleet: Map<string, StoreSample>): Contender {
  const registry = new Registry();
  const metrics = storeFamilies.map((family) => {
    const { name, help } = family;
    const options = { name, help, labelNames: [...family.labels], registers: [registry] };
    if (family.type === 'counter') {
      const counter = new Counter(options);
      return { family, write: counter.inc.bind(counter) as Write };
    }
    const gauge = new Gauge(options);
    return { family, write: gauge.set.bind(gauge) as Write };
  });

  function write(store: StoreSample, only?: string): void {
    for (const { family, write } of metrics) {
      if (only !== undefined && family.name !== only) continue;
      family.series(store, (value, ...labelValues) => {
        const labels: Record<string, string> = { store_id: store.storeId };
        labelValues.forEach((text, i) => (labels[family.labels[i + 1]!] = text));
        write(labels, value);
      });
    }
  }

  for (const store of fleet.values()) write(store);
  for (const { name, help, labels, series } of fleetFamilies) {
    const gauge = new Gauge({ name, help, labelNames: labels, registers: [registry] });
    series(readingOf(fleet), (value, labelValue) => gauge.set({ [labels[0]]: labelValue }, value));
  }
  return {
    async change(changed) {
      for (const store of changed) write(store, 'hq_store_last_heartbeat_timestamp_seconds');
    },
    async scrape(response) {
      const text = Buffer.from(await registry.metrics());
      response.setHeader('Content-Length', text.length);
      response.end(text);
    },
  };
}

type Write = (labels: Record<string, string>, value: number) => void;
