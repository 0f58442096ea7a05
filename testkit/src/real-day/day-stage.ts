import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { HostConfig } from '@hq-sync/simulator/agent-host';
import { eventually } from '../eventually.js';
import { AgentHost } from './agent-hosts.js';
import { readCatalogue } from './catalogue.js';
import type { ChainDay, ChainStore } from './chain-data.js';
import { askPollMs, Headquarters } from './headquarters.js';
import { HqDesk } from './hq-desk.js';
import { entities, HqModel } from './hq-model.js';
import { Killer } from './killer.js';
import { StoreLine } from './store-line.js';

const agentsPerHost = 12;
/** Small batches, so that a day of few sales has many commits. */
const maxBatchRecords = 3;
/** Small pages, so that a reading of the catalogue has moments to be cut in. */
const maxPullRecords = 500;
const readyDeadlineMs = 600_000;
const soldDeadlineMs = 600_000;

export interface StageOptions {
  readonly seed: number;
  /** How many products of the chain's catalogue HQ has. */
  readonly products: number;
}

/** Sales that tills write, and how fast. */
export interface Trade {
  readonly salesFile: string;
  /** Multiple of the file's own time. */
  readonly speed: number;
}

/** A headquarters with its data and a chain of stores, every part a process of its own. */
export class DayStage {
  readonly hosts: AgentHost[] = [];
  readonly killer: Killer;
  hq!: Headquarters;
  line!: StoreLine;
  desk!: HqDesk;
  private readonly tokens = new Map<string, string>();

  private constructor(
    readonly day: ChainDay,
    readonly options: StageOptions,
    readonly folder: string,
  ) {
    this.killer = new Killer(() => this.hq, this.hosts);
  }

  /** HQ has its data, the stores and their tokens; no agent runs yet. */
  static async set(day: ChainDay, options: StageOptions): Promise<DayStage> {
    const folder = await mkdtemp(path.join(tmpdir(), 'hq-real-day-'));
    await chmod(folder, 0o755); // Postgres runs as another user than root and must get in
    const stage = new DayStage(day, options, folder);
    try {
      stage.hq = await Headquarters.start(folder, () => stage.killer.pushCommitted());
      stage.line = await StoreLine.listen(() => stage.hq.target, stage.killer);
      stage.desk = new HqDesk(() => stage.hq.admin, new HqModel());
      await stage.createStores();
      await stage.uploadCatalogue();
    } catch (error) {
      await stage.strike();
      throw error;
    }
    return stage;
  }

  get storeIds(): string[] {
    return this.day.stores.map(({ id }) => id);
  }

  token(storeId: string): string {
    return this.tokens.get(storeId)!;
  }

  /** Starts the agents of these stores; without `trade` their tills are closed. */
  async startHosts(
    stores: readonly ChainStore[],
    { name = 'host', dataDir = 'stores', trade }: { name?: string; dataDir?: string; trade?: Trade } = {},
  ): Promise<AgentHost[]> {
    const started: AgentHost[] = [];
    await mkdir(path.join(this.folder, dataDir), { recursive: true });
    for (let first = 0; first < stores.length; first += agentsPerHost) {
      const config: HostConfig = {
        hqUrl: this.line.url,
        dataDir: path.join(this.folder, dataDir),
        stores: stores.slice(first, first + agentsPerHost).map(({ id, timezone, currency }) => ({
          storeId: id,
          timezone,
          currency,
          token: this.token(id),
        })),
        batchLimits: { maxBatchRecords },
        pullEntities: entities,
        maxPullRecords,
        logLevel: 'silent',
        ...(trade && { replay: this.replayOf(trade) }),
      };
      started.push(await AgentHost.start(this.folder, `${name}-${first}`, config));
    }
    this.hosts.push(...started);
    return started;
  }

  /** Opens the tills of these stores. */
  async openTills(trade: Trade, hosts: readonly AgentHost[] = this.hosts): Promise<void> {
    const replay = this.replayOf(trade);
    await Promise.all(hosts.map((host) => host.restart({ ...host.config, replay })));
  }

  /** Turns these off for good; their stores' files stay. */
  async retire(hosts: readonly AgentHost[]): Promise<void> {
    await Promise.all(hosts.map((host) => host.process.stop()));
    for (const host of hosts) this.hosts.splice(this.hosts.indexOf(host), 1);
  }

  /** Resolves when HQ has this share of the day's sales. */
  async soldShare(share: number): Promise<void> {
    const sold = [...this.day.truth.values()].reduce((sum, one) => sum + one.salesCount + one.voidCount, 0);
    await eventually(
      `HQ has ${share * 100} % of the day's sales`,
      () => this.hq.ask<{ n: number }>(`select count(*)::int as n from hq_view.pushed_records`),
      ([row]) => row!.n >= sold * share,
      soldDeadlineMs,
      askPollMs,
    );
  }

  /** Resolves when every store is connected and has read HQ's data once. @returns how long that took, ms. */
  async everyStoreReady(): Promise<number> {
    const startedMs = performance.now();
    await eventually(
      'every store is connected and has its copy',
      () =>
        this.hq.ask<{ connected: number; following: number }>(
          `select (select count(*)::int from hq_view.stores where status = 'connected') as connected,
             (select count(*)::int from hq_view.store_pulls
              where entity = any($1) and scan_end is null and confirmed_position > 0) as following`,
          [entities],
        ),
      ([row]) =>
        row!.connected === this.day.stores.length &&
        row!.following === this.day.stores.length * entities.length,
      readyDeadlineMs,
      askPollMs,
    );
    return performance.now() - startedMs;
  }

  /** Ends every process and removes every file. */
  async strike(): Promise<void> {
    await Promise.all(this.hosts.map((host) => host.process.stop()));
    await this.line?.close();
    await this.hq?.stop();
    await rm(this.folder, { recursive: true, force: true });
  }

  private replayOf({ salesFile, speed }: Trade): NonNullable<HostConfig['replay']> {
    return { file: salesFile, seed: String(this.options.seed), speed };
  }

  private async createStores(): Promise<void> {
    const admin = this.hq.admin!;
    for (const { id: storeId, name, timezone, currency } of this.day.stores) {
      await admin.createStore({ storeId, name, timezone, currency });
      this.tokens.set(storeId, (await admin.generateToken(storeId)).token);
    }
  }

  private async uploadCatalogue(): Promise<void> {
    const { seed, products } = this.options;
    const { sets, records } = readCatalogue(this.day.folder, this.day.stores, seed, products);
    for (const change of [...sets, ...records]) await this.desk.make(change);
  }
}
