import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { QueueStatus } from '@hq-sync/protocol/store-message';
import { heartbeatOf, WireStore } from '../wire-store.js';

export interface CrowdConfig {
  readonly hqUrl: string;
  readonly stores: readonly { readonly storeId: string; readonly token: string }[];
}

/** How a store leaves: its socket just closes, or it says good-bye with 1000 first. */
export interface CrowdOrder {
  readonly storeId: string;
  readonly order: 'cut' | 'leave';
}

/** A store lost its connection and nobody had ordered it. */
export interface CrowdLoss {
  readonly storeId: string;
  readonly closeCode: number;
}

const connectingAtOnce = 50;
const retryMs = 2_000;

/** What an idle real agent says. */
const queues: QueueStatus[] = ['sales', 'inventory_adjustments', 'register_sessions'].map((entity) => ({
  entity,
  direction: 'push',
  pendingRecords: 0,
  oldestPendingAt: null,
  attempt: 0,
  nextTryAt: null,
}));

/** `node crowd-host-main.js CONFIG.json`: lean stores that stay connected and beat, until their starter ends them. */
async function main(): Promise<void> {
  const config = JSON.parse(await readFile(process.argv[2]!, 'utf8')) as CrowdConfig;
  const connected = new Map<string, WireStore>();
  process.once('disconnect', () => process.exit(0));
  process.on('message', (message) => {
    const { storeId, order } = message as CrowdOrder;
    const store = connected.get(storeId)!;
    connected.delete(storeId);
    if (order === 'cut') store.ws.terminate();
    else store.ws.close(1000);
  });

  const waiting = [...config.stores];
  const connectSome = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const { storeId, token } = next;
      const store = await connect(config.hqUrl, token);
      connected.set(storeId, store);
      void store.closed.then((closeCode) => {
        if (connected.get(storeId) === store)
          process.send?.({ storeId, closeCode } satisfies CrowdLoss, undefined, undefined, () => undefined);
      });
    }
  };
  await Promise.all(Array.from({ length: connectingAtOnce }, connectSome));
}

/** Tries until HQ takes it: beyond its bound of upgrades under way, HQ answers 503. */
async function connect(hqUrl: string, token: string): Promise<WireStore> {
  for (;;) {
    try {
      const store = await WireStore.connect(hqUrl, token);
      const { heartbeatIntervalMs } = await store.next('welcome');
      const beat = () => store.send(heartbeatOf({ queues }));
      beat();
      const timer = setInterval(beat, heartbeatIntervalMs);
      void store.closed.then(() => clearInterval(timer));
      return store;
    } catch {
      await sleep(retryMs * (0.5 + Math.random()));
    }
  }
}

await main();
