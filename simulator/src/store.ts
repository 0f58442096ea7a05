import type { Sale } from '@hq-sync/protocol/sale';
import { DateTime } from 'luxon';
import type { Logger } from 'pino';
import type { ChainStore } from './demo-chain.js';
import { makeReturn, makeSale, voided, type SaleContext } from './make-sale.js';
import { isOpen, isStaffed } from './opening-hours.js';
import { randomOf, type Random } from './random.js';
import { catalogue } from './catalogue.js';
import { StoreServer } from './store-server.js';
import { Tills } from './tills.js';

/** Between two sales of one till at speed 1: 45 s on average, at least 5 s. */
const meanSaleIntervalMs = 40_000;
const minSaleIntervalMs = 5_000;
/** How often a closed store, or one whose machine is down, looks again. */
const idleCheckMs = 1_000;
/** Newest sales that a POS still has: some are voided, a new machine gets them again. */
const maxRememberedSales = 450;

const returnShare = 0.02;
const voidShare = 0.03;
const adjustmentShare = 0.04;
const tillChangeShare = 0.02;

export interface StoreOptions {
  readonly hqUrl: string;
  readonly token: string;
  readonly dataDir: string;
  /** Multiple of real time. */
  readonly speed: number;
  readonly seed: string;
  readonly withLine: boolean;
  /** The store's clock; absent: the machine's. */
  readonly clock?: () => Date;
  readonly log: Logger;
}

interface RememberedSale {
  readonly id: string;
  readonly revision: number;
  readonly data: Sale;
}

/** One store that trades: its POS writes to a real store server. */
export class SimulatedStore {
  /** Ids must not repeat when the simulator starts again with the same seed: other content would be a conflict. */
  private readonly run = Date.now().toString(36);
  private readonly random: Random;
  private readonly tills: Tills;
  private timer: NodeJS.Timeout | undefined;
  private remembered: RememberedSale[] = [];
  private made = 0;
  private stopped = false;
  /** Switched off for the night. */
  private asleep = false;
  private turning: Promise<void> = Promise.resolve();

  static async start(chainStore: ChainStore, options: StoreOptions): Promise<SimulatedStore> {
    const { storeId, timezone } = chainStore;
    const server = await StoreServer.start({ ...options, storeId, timezone });
    const store = new SimulatedStore(chainStore, server, options);
    store.resumeTills();
    store.scheduleNext();
    return store;
  }

  private constructor(
    readonly chainStore: ChainStore,
    readonly server: StoreServer,
    private readonly options: StoreOptions,
  ) {
    this.random = randomOf(`${options.seed}/${chainStore.storeId}`);
    this.tills = new Tills({
      dataDir: options.dataDir,
      run: this.run,
      count: chainStore.registers,
      server,
      now: () => this.localNow(),
    });
  }

  /** What the POS still has of its sales, oldest first, each in its newest revision. */
  get recentSales(): readonly { id: string; revision: number; data: Record<string, unknown> }[] {
    return this.remembered;
  }

  /** Whether the store trades at this hour. */
  get open(): boolean {
    return isOpen(this.chainStore.openingHours, this.chainStore.timezone, this.now());
  }

  /** A context for a sale made now, on a till of this store. */
  saleContext(): SaleContext {
    const { currency } = this.chainStore;
    return { currency, terminalId: this.tills.any(this.random), completedAt: this.localNow() };
  }

  /** Makes a sale and writes it. For incidents that need more of them, or a special one. */
  sell(sale: Sale = makeSale(this.random, this.saleContext())): void {
    const record = { id: this.newId(), revision: 1, data: sale };
    this.write(record);
    this.remembered.push(record);
    if (this.remembered.length > maxRememberedSales) this.remembered.shift();
  }

  /** Says again which tills are open, to a store server that may be a new one. */
  resumeTills(): void {
    this.tills.resume();
  }

  /** Of a record of this store; never given twice. */
  newId(): string {
    this.made += 1;
    return `${this.run}-${this.made}`;
  }

  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.turning;
    await this.server.stop();
  }

  private scheduleNext(): void {
    if (this.stopped) return;
    const open = Math.max(1, this.tills.openCount);
    const betweenMs =
      (minSaleIntervalMs - Math.log(1 - this.random.next()) * meanSaleIntervalMs) / open / this.options.speed;
    const waitMs = this.server.up && this.open ? betweenMs : idleCheckMs;
    this.timer = setTimeout(() => (this.turning = this.turn()), waitMs);
  }

  private async turn(): Promise<void> {
    const { log } = this.options;
    const { storeId } = this.chainStore;
    try {
      if (this.server.up) this.trade();
    } catch (error) {
      // A full queue, or a machine that goes down just now: the POS tries again with its next sale.
      log.warn({ err: error, storeId }, 'the POS could not write');
    }
    try {
      if (this.chainStore.switchesOff) await this.keepNights();
    } catch (error) {
      log.warn({ err: error, storeId }, 'the store server could not be switched');
    }
    this.scheduleNext();
  }

  private async keepNights(): Promise<void> {
    const { openingHours, timezone } = this.chainStore;
    const staffed = isStaffed(openingHours, timezone, this.now());
    if (!staffed && this.server.up) {
      this.asleep = true;
      await this.server.switchOff();
    } else if (staffed && this.asleep) {
      await this.server.switchOn();
      this.asleep = false;
    }
  }

  private trade(): void {
    if (!this.open) return this.tills.closeAll();
    const { random } = this;
    if (this.tills.openCount === 0) return this.tills.openAll();
    if (random.chance(tillChangeShare)) return this.tills.change(random);
    if (random.chance(voidShare)) return this.voidOne();
    if (random.chance(adjustmentShare)) return this.adjustInventory();
    if (random.chance(returnShare)) return this.sell(makeReturn(random, this.saleContext()));
    this.sell();
  }

  private voidOne(): void {
    const record = this.remembered[this.random.int(0, this.remembered.length - 1)];
    if (record === undefined || record.data.status === 'voided' || record.data.kind === 'return')
      return this.sell();
    const next = { id: record.id, revision: record.revision + 1, data: voided(record.data) };
    this.write(next);
    this.remembered = this.remembered.map((other) => (other === record ? next : other));
  }

  private adjustInventory(): void {
    const { random } = this;
    const delivery = random.chance(0.5);
    const data = {
      productId: random.pick(catalogue).id,
      quantityDelta: delivery ? random.int(10, 200) : -random.int(1, 5),
      reason: delivery ? 'delivery' : random.pick(['damaged', 'expired', 'counted'] as const),
      adjustedAt: this.localNow(),
    };
    this.server.running.enqueue('inventory_adjustments', { id: this.newId(), revision: 1, data });
  }

  /** Software of before schema version 2 knew no `kind`: all was a sale. */
  private write({ id, revision, data }: RememberedSale): void {
    const { kind, ...versionOne } = data;
    const written = this.server.schemaVersion === 1 && kind === 'sale' ? versionOne : data;
    this.server.running.enqueue('sales', { id, revision, data: written });
  }

  private localNow(): string {
    const now = this.now();
    return DateTime.fromJSDate(now).setZone(this.chainStore.timezone).toISO() ?? now.toISOString();
  }

  private now(): Date {
    return this.options.clock?.() ?? new Date();
  }
}
