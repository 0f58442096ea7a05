import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { QueueStatus } from '@hq-sync/protocol/store-message';
import { heartbeatOf, WireStore } from '../wire-store.js';

export interface CrowdConfig {
  readonly hqUrl: string;
  readonly stores: readonly { readonly storeId: string; readonly token: string }[];
}

/** A store leaves: its socket just closes, or it says good-bye with 1000 first. Or all beat as often as this from now on. */
export type CrowdOrder =
  | { readonly order: 'cut' | 'leave'; readonly storeId: string }
  | { readonly order: 'beat'; readonly everyMs: number };

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
  const connected = new Map<string, CrowdStore>();
  process.once('disconnect', () => process.exit(0));
  process.on('message', (message) => {
    const order = message as CrowdOrder;
    if (order.order === 'beat') {
      for (const store of connected.values()) store.beatEvery(order.everyMs);
      return;
    }
    const { wire } = connected.get(order.storeId)!;
    connected.delete(order.storeId);
    if (order.order === 'cut') wire.ws.terminate();
    else wire.ws.close(1000);
  });

  const waiting = [...config.stores];
  const connectSome = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const { storeId, token } = next;
      const store = await connect(config.hqUrl, token);
      connected.set(storeId, store);
      void store.wire.closed.then((closeCode) => {
        if (connected.get(storeId) === store)
          process.send?.({ storeId, closeCode } satisfies CrowdLoss, undefined, undefined, () => undefined);
      });
    }
  };
  await Promise.all(Array.from({ length: connectingAtOnce }, connectSome));
}

/** Tries until HQ takes it: beyond its bound of upgrades under way, HQ answers 503. */
async function connect(hqUrl: string, token: string): Promise<CrowdStore> {
  for (;;) {
    try {
      const wire = await WireStore.connect(hqUrl, token);
      const { heartbeatIntervalMs } = await wire.next('welcome');
      return new CrowdStore(wire, heartbeatIntervalMs);
    } catch {
      await sleep(retryMs * (0.5 + Math.random()));
    }
  }
}

/** Beats at once, then as often as it was told. */
class CrowdStore {
  private timer: NodeJS.Timeout;

  constructor(
    readonly wire: WireStore,
    heartbeatIntervalMs: number,
  ) {
    this.beat();
    this.timer = setInterval(() => this.beat(), heartbeatIntervalMs);
    void wire.closed.then(() => clearInterval(this.timer));
  }

  /** From a random moment of the first interval on, so that the crowd does not beat in step. */
  beatEvery(everyMs: number): void {
    clearInterval(this.timer);
    this.timer = setTimeout(() => {
      this.beat();
      this.timer = setInterval(() => this.beat(), everyMs);
    }, Math.random() * everyMs);
  }

  /** A beat is left out while the kernel has not taken the one before. */
  private beat(): void {
    if (this.wire.ws.bufferedAmount === 0) this.wire.send(heartbeatOf({ queues }));
  }
}

await main();
