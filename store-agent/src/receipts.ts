import { limits } from '@hq-sync/protocol/limits';
import type { Logger } from 'pino';
import type { OfflineQueue } from './offline-queue.js';
import type { StoreState } from './store-state.js';

/** What HQ has taken, by its own receipts: by them an HQ that was restored from a backup learns what it lacks. */
export class Receipts {
  constructor(
    private readonly state: StoreState,
    private readonly queue: OfflineQueue,
    private readonly log: Logger,
  ) {}

  /** The newest of an entity; 0: none. */
  newest(entity: string): number {
    return this.held[entity] ?? 0;
  }

  /** As the hello says them. */
  all(): { entity: string; receipt: number }[] {
    return Object.entries(this.held)
      .map(([entity, receipt]) => ({ entity, receipt }))
      .slice(0, limits.maxQueues);
  }

  /** After the records are settled: a crash between the two leaves a lower receipt, which claims less. */
  keep(entity: string, receipt: number): void {
    if (receipt > this.newest(entity)) this.state.set('receipts', { ...this.held, [entity]: receipt });
  }

  /** All entities alike: which of them HQ lacks more of is soon known by their own receipts. */
  pushAgain(lost: readonly string[] | undefined): void {
    this.log.warn({ lost }, 'HQ was restored from a backup: what it took is pushed again');
    this.state.set('pushingAgain', { after: 0, end: this.queue.newestSeq() });
    this.state.set('receipts', {});
  }

  private get held(): Readonly<Record<string, number>> {
    return this.state.get('receipts') ?? {};
  }
}
