import { join } from 'node:path';
import type { Logger } from 'pino';
import type { ChainStore } from './demo-chain.js';
import type { IncidentName } from './incident-name.js';
import { SimulatedStore } from './store.js';

export interface FleetStore extends ChainStore {
  readonly token: string;
}

export interface FleetOptions {
  readonly hqUrl: string;
  /** Each store has a folder of its own below. */
  readonly dataDir: string;
  readonly speed: number;
  readonly seed: string;
  /** Of all stores; absent: the machine's. */
  readonly clock?: () => Date;
  readonly log: Logger;
}

/** Incidents whose cause is the line; a relay costs each connection a second pair of sockets. */
const needLine: readonly IncidentName[] = ['offline-and-back', 'silent-network', 'slow-line', 'region-cut'];
/** Starting an agent opens and migrates its database, a few ms of a blocked event loop each. */
const startedAtOnce = 4;

/** Many stores in one process. */
export class Fleet {
  private constructor(readonly stores: readonly SimulatedStore[]) {}

  /** @throws what starting a store throws; those that had started are stopped then. */
  static async start(stores: readonly FleetStore[], options: FleetOptions): Promise<Fleet> {
    const started: SimulatedStore[] = [];
    const waiting = stores.slice();
    const startSome = async (): Promise<void> => {
      for (let store = waiting.shift(); store !== undefined; store = waiting.shift()) {
        const dataDir = storeDir(options.dataDir, store.storeId);
        const withLine = needLine.some(
          (incident) => incident === store.incident || store.fleetIncidents.some((name) => name === incident),
        );
        started.push(
          await SimulatedStore.start(store, { ...options, token: store.token, dataDir, withLine }),
        );
      }
    };
    try {
      await Promise.all(Array.from({ length: startedAtOnce }, startSome));
    } catch (error) {
      waiting.length = 0;
      await Promise.all(started.map((store) => store.stop()));
      throw error;
    }
    return new Fleet(started);
  }

  async stop(): Promise<void> {
    await Promise.all(this.stores.map((store) => store.stop()));
  }
}

/** A store's folder; its id may hold what a path may not. */
export function storeDir(dataDir: string, storeId: string): string {
  return join(dataDir, 'stores', encodeURIComponent(storeId).replaceAll('.', '%2E'));
}
