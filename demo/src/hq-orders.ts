import type { HqOrder, HqOrderDone } from '@hq-sync/simulator/hq-over-ipc';
import type { Child } from './child.js';
import type { DemoDatabase } from './database.js';

/** Backs HQ up and restores it when the simulator asks for it, one order at a time; HQ is down meanwhile. */
export class HqOrders {
  private latest: Promise<void> = Promise.resolve();

  constructor(
    private readonly collector: Child,
    private readonly database: DemoDatabase,
  ) {}

  /** Never rejects. */
  carryOut({ orderId, order }: HqOrder): Promise<HqOrderDone> {
    const done = this.latest.then(() => this.work(order));
    this.latest = done.catch(() => undefined);
    const answer = { type: 'hq_order_done', orderId } as const;
    return done.then(
      () => answer,
      (error: Error) => ({ ...answer, error: error.message }),
    );
  }

  /** Resolves when nothing is being done to the database. */
  settled(): Promise<void> {
    return this.latest;
  }

  private work(order: HqOrder['order']): Promise<void> {
    const { collector, database } = this;
    return order === 'back_up'
      ? collector.during('its database is being backed up', () => database.backUp())
      : collector.during('its database is being restored', () => database.restore());
  }
}
