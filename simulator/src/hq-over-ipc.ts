import type { HqControl } from './scenarios/scenario.js';

/** What the starter is asked to do with HQ's database; it answers each order. */
export interface HqOrder {
  readonly type: 'hq_order';
  readonly orderId: number;
  readonly order: 'back_up' | 'restore';
}

export interface HqOrderDone {
  readonly type: 'hq_order_done';
  readonly orderId: number;
  /** Why it could not be carried out. */
  readonly error?: string;
}

/** HQ in the hands of the program that started this one and has an IPC channel to it. */
export class HqOverIpc implements HqControl {
  private orders = 0;
  private readonly waiting = new Map<number, (done: HqOrderDone) => void>();

  constructor(private readonly send: (order: HqOrder) => void) {
    process.on('message', (message: HqOrderDone) => {
      if (message.type === 'hq_order_done') this.waiting.get(message.orderId)?.(message);
    });
  }

  backUp(): Promise<void> {
    return this.ask('back_up');
  }

  restore(): Promise<void> {
    return this.ask('restore');
  }

  /** Without an end when the starter dies; then this process ends too. */
  private async ask(order: HqOrder['order']): Promise<void> {
    const orderId = (this.orders += 1);
    const done = await new Promise<HqOrderDone>((resolve) => {
      this.waiting.set(orderId, resolve);
      this.send({ type: 'hq_order', orderId, order });
    });
    this.waiting.delete(orderId);
    if (done.error !== undefined) throw new Error(done.error);
  }
}
