import { setTimeout as sleep } from 'node:timers/promises';
import { randomOf, type Random } from '@hq-sync/simulator/random';
import { nextChange } from './hq-changes.js';
import type { HqDesk } from './hq-desk.js';

const changePauseMs = [200, 1_500] as const;
const resyncPauseMs = [2_000, 6_000] as const;
/** Of the forced resyncs; the others read all entities again. */
const resyncOfProductsShare = 0.3;

/** What people at HQ do while the stores trade: a stream of changes, and a resync now and then. */
export class HqWorkday {
  /** Acknowledged by HQ. */
  changes = 0;
  private readonly over = new AbortController();
  private readonly work: Promise<unknown>;

  constructor(desk: HqDesk, storeIds: readonly string[], seed: number) {
    const [firstStore, ...otherStores] = storeIds;
    const changing = randomOf(`changes ${seed}`);
    const resyncing = randomOf(`resyncs ${seed}`);
    this.work = Promise.all([
      this.repeat(changing, changePauseMs, async () => {
        await desk.make(nextChange(changing, desk.model));
        this.changes += 1;
      }),
      this.repeat(resyncing, resyncPauseMs, () =>
        desk.forceResync(
          resyncing.pick([firstStore!, ...otherStores]),
          resyncing.chance(resyncOfProductsShare) ? ['products'] : undefined,
        ),
      ),
    ]);
    this.work.catch(() => undefined); // told by `stop`
  }

  /** Resolves when what was under way has been acknowledged. @throws Error when HQ refused something. */
  async stop(): Promise<void> {
    this.over.abort();
    await this.work;
  }

  private async repeat(
    random: Random,
    [leastMs, mostMs]: readonly [number, number],
    act: () => Promise<void>,
  ): Promise<void> {
    const { signal } = this.over;
    while (!signal.aborted) {
      await act();
      await sleep(random.int(leastMs, mostMs), undefined, { signal }).catch(() => undefined);
    }
  }
}
