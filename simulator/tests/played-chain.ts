import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from '@jest/globals';
import type { Sale } from '@hq-sync/protocol/sale';
import type { AdminClient as TestAdminClient } from '@hq-sync/testkit/admin-client';
import { eventually } from '@hq-sync/testkit/eventually';
import { publishedHash } from '@hq-sync/testkit/published-data';
import type pg from 'pg';
import { pino } from 'pino';
import { AdminClient } from '../src/admin-client.js';
import type { ChainStore } from '../src/demo-chain.js';
import { Fleet } from '../src/fleet.js';
import { everyDay } from '../src/opening-hours.js';
import { provision } from '../src/provision.js';
import { randomOf } from '../src/random.js';
import type { HqControl, ScenarioContext } from '../src/scenarios/scenario.js';
import type { SimulatedStore } from '../src/store.js';
import { TokenFile } from '../src/tokens.js';

/** A pause this long is the trouble itself: it lasts until the test has seen it. */
const troubleSeconds = 30;
/** Shorter ones only spread things out. */
const spreadMsPerSecond = 20;
/** What a POS remembers is the truth of the test; beyond it there would be none. */
const maxRememberedSales = 450;
const pulledEntities = ['products', 'users'];
const minuteMs = 60_000;

/** A collector of the testkit. */
export interface ChainHq extends Partial<HqControl> {
  readonly url: string;
  readonly admin: TestAdminClient;
  readonly pool: pg.Pool;
}

export interface ChainOptions {
  readonly speed: number;
  readonly stores: readonly Partial<ChainStore>[];
}

/** Stores that trade with a real HQ, through scenarios whose troubles a test looks at. */
export class PlayedChain {
  readonly said: string[] = [];
  private fleet!: Fleet;
  private clockOffsetMs = 0;
  private readonly closing = new AbortController();

  static async open(hq: ChainHq, { speed, stores }: ChainOptions): Promise<PlayedChain> {
    const dataDir = await mkdtemp(join(tmpdir(), 'played-chain-'));
    const chain = new PlayedChain(hq, dataDir);
    chain.setClock(12, 0);
    await chain.publish(1);
    const tokens = new TokenFile(dataDir);
    const provisioned = await provision(stores.map(chainStore), chain.admin, tokens);
    chain.fleet = await Fleet.start(provisioned, {
      hqUrl: hq.url,
      dataDir,
      speed,
      seed: 'test',
      clock: () => new Date(Date.now() + chain.clockOffsetMs),
      log: pino({ level: 'silent' }),
    });
    return chain;
  }

  private constructor(
    readonly hq: ChainHq,
    private readonly dataDir: string,
  ) {}

  async close(): Promise<void> {
    this.closing.abort();
    await this.fleet?.stop();
    await rm(this.dataDir, { recursive: true, force: true });
  }

  get stores(): readonly SimulatedStore[] {
    return [...this.fleet.stores].sort((left, right) =>
      left.chainStore.storeId < right.chainStore.storeId ? -1 : 1,
    );
  }

  store(storeId: string): SimulatedStore {
    return this.stores.find(({ chainStore }) => chainStore.storeId === storeId)!;
  }

  /** The clock of the stores, at a time of today, UTC. */
  setClock(hour: number, minute: number): void {
    this.clockOffsetMs = new Date().setUTCHours(hour, minute, 0, 0) - Date.now();
  }

  /** HQ has other prices. */
  async publish(price: number): Promise<void> {
    const lines = Array.from({ length: 700 }, (_, index) => ({ id: `r${index}`, data: { price } }));
    for (const entity of pulledEntities)
      expect((await this.hq.admin.changeRecords(entity, lines)).status).toBe(200);
  }

  /** What a scenario gets; `troubles` are run in each long pause of it, in their order. */
  context(...troubles: readonly (() => Promise<unknown>)[]): ScenarioContext & { rest: () => number } {
    const { hq } = this;
    const waiting = [...troubles];
    return {
      admin: this.admin,
      random: randomOf('test'),
      ...(hq.backUp && hq.restore ? { hq: hq as HqControl } : {}),
      pause: async (seconds) =>
        seconds >= troubleSeconds ? waiting.shift()?.() : sleep(seconds * spreadMsPerSecond),
      until: async (what, holds) => void (await eventually(what, holds, Boolean, minuteMs)),
      say: (text) => void this.said.push(text),
      rememberToken: () => Promise.resolve(),
      rest: () => waiting.length,
    };
  }

  /** Plays it to its end; fails when it did not come to all of its troubles. */
  async play(
    scenario: (context: ScenarioContext) => Promise<void>,
    ...troubles: readonly (() => Promise<unknown>)[]
  ): Promise<void> {
    const context = this.context(...troubles);
    await scenario(context);
    expect(context.rest()).toBe(0);
  }

  async row(storeId: string, columns: string) {
    const { rows } = await this.hq.pool.query(`select ${columns} from hq_view.stores where store_id = $1`, [
      storeId,
    ]);
    return rows[0];
  }

  async becomes(storeId: string, status: string, reason: string | null = null): Promise<void> {
    await eventually(
      `${storeId} ${status} ${reason}`,
      () => this.row(storeId, 'status, reason'),
      (row) => row?.status === status && row.reason === reason,
      minuteMs,
    );
  }

  async allBecome(status: string, reason: string | null = null): Promise<void> {
    for (const { chainStore } of this.stores) await this.becomes(chainStore.storeId, status, reason);
  }

  /** Each store is connected and has sold something. */
  async allTrade(): Promise<void> {
    await this.allBecome('connected');
    await eventually(
      'all have sold something',
      () => this.stores.map(({ recentSales }) => recentSales.length),
      (sales) => sales.every((count) => count > 3),
      minuteMs,
    );
  }

  /** How often the store's connections ended so. */
  async ends(storeId: string, reason: string): Promise<number> {
    const { rows } = await this.hq.pool.query<{ total: number }>(
      'select total::int from hq.store_disconnect_total where store_id = $1 and reason = $2',
      [storeId, reason],
    );
    return rows[0]?.total ?? 0;
  }

  async connects(storeId: string): Promise<number> {
    const { rows } = await this.hq.pool.query<{ total: number }>(
      'select connects_total::int as total from hq.store_connection where store_id = $1',
      [storeId],
    );
    return rows[0]?.total ?? 0;
  }

  /** The store has what HQ publishes. */
  async hasPulled({ chainStore, server }: SimulatedStore): Promise<void> {
    const { storeId } = chainStore;
    for (const entity of pulledEntities)
      await eventually(
        `${entity} of ${storeId} as at HQ`,
        async () => [
          await server.running.copyHash(entity),
          await publishedHash(this.hq.pool, entity, storeId),
        ],
        ([copy, atHq]) => copy === atHq,
        minuteMs,
      );
  }

  /** The shops close; then HQ holds each sale of each store once, in its newest revision, and each store what HQ publishes. */
  async isExact(): Promise<void> {
    this.setClock(22, 3);
    for (const store of this.stores) await this.isStoreExact(store);
    const { rows } = await this.hq.pool.query('select record_id, code from hq.quarantined_record');
    expect(rows).toEqual([]);
  }

  private async isStoreExact(store: SimulatedStore): Promise<void> {
    const { storeId } = store.chainStore;
    const truth = store.recentSales as readonly { id: string; revision: number; data: unknown }[];
    expect(truth.length).toBeGreaterThan(0);
    expect(truth.length).toBeLessThan(maxRememberedSales);
    await eventually(
      `${storeId} has nothing left to push`,
      () => store.server.running.status().pendingRecords,
      (pending) => pending === 0,
      minuteMs,
    );
    const { rows: held } = await this.hq.pool.query(
      `select record_id as id, revision, data from hq_view.pushed_records
       where store_id = $1 and entity = 'sales'`,
      [storeId],
    );
    expect(byId(held)).toEqual(byId(truth));
    expect(await this.figures(storeId)).toEqual(figuresOf(truth.map(({ data }) => data as Sale)));
    await this.hasPulled(store);
  }

  private async figures(storeId: string): Promise<Figures> {
    const { rows } = await this.hq.pool.query<Figures>(
      `select coalesce(sum(sales_count), 0)::int as sales, coalesce(sum(gross_minor), 0)::float8 as "grossMinor",
         coalesce(sum(tax_minor), 0)::float8 as "taxMinor", coalesce(sum(void_count), 0)::int as voids,
         coalesce(sum(return_count), 0)::int as returns
       from hq_view.activity where store_id = $1`,
      [storeId],
    );
    return rows[0]!;
  }

  private get admin(): AdminClient {
    return new AdminClient(this.hq.url, this.hq.admin.token, this.closing.signal);
  }
}

interface Figures {
  readonly sales: number;
  readonly grossMinor: number;
  readonly taxMinor: number;
  readonly voids: number;
  readonly returns: number;
}

function figuresOf(records: readonly Sale[]): Figures {
  const made = records.filter(({ kind }) => kind === 'sale');
  const completed = made.filter(({ status }) => status === 'completed');
  return {
    sales: completed.length,
    grossMinor: completed.reduce((sum, { grossMinor }) => sum + grossMinor, 0),
    taxMinor: completed.reduce((sum, { taxMinor }) => sum + taxMinor, 0),
    voids: made.length - completed.length,
    returns: records.length - made.length,
  };
}

function byId(records: readonly { id: string }[]): { id: string }[] {
  return records.toSorted((left, right) => (left.id < right.id ? -1 : 1));
}

function chainStore(differs: Partial<ChainStore>, index: number): ChainStore {
  const storeId = `s${index + 1}`;
  return {
    storeId,
    name: `Store ${storeId}`,
    region: 'North',
    timezone: 'UTC',
    currency: 'USD',
    openingHours: everyDay('07:00', '22:00'),
    registers: 2,
    hasServer: true,
    fleetIncidents: [],
    ...differs,
  };
}
