import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { KeptAlive } from '../kept-alive.js';
import type { CrowdConfig, CrowdLoss, CrowdOrder } from './crowd-host-main.js';

const crowdHostProgram = new URL('./crowd-host-main.js', import.meta.url);
const crowdHosts = 4;

export interface CrowdHost {
  readonly storeIds: readonly string[];
  readonly process: KeptAlive;
  order(order: CrowdOrder): void;
}

/** Processes that hold lean stores. */
export class CrowdHosts {
  readonly running: CrowdHost[] = [];
  readonly losses: CrowdLoss[] = [];

  /** @param folder for the tokens of the stores, which stay in it. */
  constructor(private readonly folder: string) {}

  /** One more process, with these stores. */
  async start(hqUrl: string, stores: CrowdConfig['stores']): Promise<CrowdHost> {
    const file = path.join(this.folder, `crowd-${this.running.length}.json`);
    await writeFile(file, JSON.stringify({ hqUrl, stores } satisfies CrowdConfig), { mode: 0o600 });
    const process = new KeptAlive(crowdHostProgram, [file], {
      onMessage: (message) => this.losses.push(message as CrowdLoss),
    });
    const started: CrowdHost = {
      storeIds: stores.map(({ storeId }) => storeId),
      process,
      order: (order) => process.send(order),
    };
    this.running.push(started);
    return started;
  }

  /** A crowd over several processes. */
  async spread(hqUrl: string, stores: CrowdConfig['stores']): Promise<void> {
    const perHost = Math.ceil(stores.length / crowdHosts);
    for (let first = 0; first < stores.length; first += perHost)
      await this.start(hqUrl, stores.slice(first, first + perHost));
  }

  async stop(): Promise<void> {
    await Promise.all(this.running.map(({ process }) => process.stop()));
  }
}
