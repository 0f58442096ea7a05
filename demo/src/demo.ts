import { setTimeout as sleep } from 'node:timers/promises';
import type { HqOrder } from '@hq-sync/simulator/hq-over-ipc';
import type { SimulatorMessage } from '@hq-sync/simulator/main';
import { unlessAborted } from '@hq-sync/simulator/unless-aborted';
import { addressLines, host } from './addresses.js';
import { collectorChild, simulatorChild } from './programs.js';
import type { Child } from './child.js';
import { leftByEarlierRun, openDataDir, removeData } from './data-dir.js';
import { DemoDatabase } from './database.js';
import { HqOrders } from './hq-orders.js';
import { prepareMonitoring, type Monitoring } from './monitoring/monitoring.js';
import type { DemoOptions } from './options.js';
import { renderPicture, type Happening } from './picture.js';
import { waitForPort } from './port.js';
import type { Screen } from './screen.js';
import { readSnapshot, type Snapshot } from './store-row.js';

const tableIntervalMs = 1_000;
/** A port in use for a moment, and one of a killed run whose collector is still draining. */
const portWaitMs = 3_000;
const portWaitAfterKillMs = 30_000;
const maxHappenings = 20;

/** Postgres, collector, simulator and the table, started in this order; ended collector first. */
export class Demo {
  private database: DemoDatabase | undefined;
  private readonly children: Child[] = [];
  private happenings: Happening[] = [];
  private hqOrders: HqOrders | undefined;
  private hurried = false;

  constructor(
    private readonly options: DemoOptions,
    private readonly screen: Screen,
    private readonly env: NodeJS.ProcessEnv,
    private readonly signal: AbortSignal,
  ) {}

  /**
   * Runs until the signal.
   * @throws DemoError, LocalPostgresError: a sentence for a person; AbortError. Call `stop` in any case.
   */
  async run(): Promise<void> {
    const { options, env, screen, signal } = this;
    const dataDir = openDataDir(env, options.replay);
    const left = leftByEarlierRun(dataDir);
    await waitForPort(host, options.port, left ? portWaitAfterKillMs : portWaitMs);
    signal.throwIfAborted();
    if (options.fresh) await removeData(dataDir);
    screen.say('Starting PostgreSQL ...');
    const database = await DemoDatabase.start(dataDir.postgres, dataDir.databaseName);
    this.database = database;
    signal.throwIfAborted();

    const monitoring = options.monitoring
      ? await prepareMonitoring(dataDir.monitoring, options.port, database.url, env)
      : undefined;
    screen.say('Starting the collector ...');
    const withGrafana = monitoring?.grafanaUrl ? { HQ_GRAFANA_URL: monitoring.grafanaUrl, ...env } : env;
    const collector = collectorChild(dataDir, options, withGrafana, () => database.url);
    this.children.push(collector);
    // A start that takes long is not waited for after Ctrl-C: `stop` ends it.
    await unlessAborted(collector.start(), signal);
    const hqOrders = (this.hqOrders = new HqOrders(collector, database));
    const simulator = simulatorChild(dataDir, options, env, (message) => {
      if (message.type === 'hq_order') void hqOrders.carryOut(message).then((done) => simulator.send(done));
      else this.hear(message);
    });
    this.children.push(simulator);
    screen.say(addressLines(dataDir, options, database.url, monitoring?.lines ?? []).join('\n'));
    if (monitoring) void this.startMonitoring(monitoring, database, dataDir.adminTokenFile);
    await Promise.all([unlessAborted(simulator.start(), signal), this.showTable(database)]);
  }

  /** Ends what was started, in its order. Each step is bounded; see the `…WaitMs` of `programs.ts`. */
  async stop(): Promise<void> {
    for (const child of this.children) {
      if (this.hurried) child.kill();
      await child.stop();
    }
    await this.hqOrders?.settled();
    await this.database?.stop();
  }

  /** Ends children without waiting for what they would still do. */
  hurry(): void {
    this.hurried = true;
    for (const child of this.children) child.kill();
  }

  /** Beside everything else: HQ works without them, and says in the picture what is wrong with one. */
  private async startMonitoring(
    { children, grantReader, grantApp }: Monitoring,
    database: DemoDatabase,
    adminTokenFile: string,
  ): Promise<void> {
    this.children.push(...children);
    await grantApp(adminTokenFile).catch((error: Error) =>
      this.screen.say(`Grafana cannot act on stores: ${error.message}`),
    );
    if (this.signal.aborted) return;
    for (const child of children)
      child.start().catch((error: Error) => this.signal.aborted || this.screen.say(error.message));
    grantReader(database.pool).catch((error: Error) =>
      this.screen.say(`Grafana cannot read the database: ${error.message}`),
    );
  }

  private async showTable(database: DemoDatabase): Promise<void> {
    const replay = this.options.replay !== undefined;
    let snapshot: Snapshot | undefined;
    while (!this.signal.aborted) {
      let stale = false;
      try {
        snapshot = await readSnapshot(database.pool, replay);
      } catch {
        stale = true;
        database.keepRunning();
      }
      if (this.signal.aborted) return;
      const troubles = this.children.flatMap(({ trouble }) => trouble ?? []);
      const parts = { snapshot, stale, troubles, replay, happenings: this.happenings };
      this.screen.show(renderPicture(parts, this.screen.size));
      await sleep(tableIntervalMs, undefined, { signal: this.signal }).catch(() => undefined);
    }
  }

  private hear(message: Exclude<SimulatorMessage, HqOrder>): void {
    if (message.type !== 'incident') return;
    const { at, where, text } = message;
    this.happenings = [...this.happenings, { at: new Date(at), where, text }].slice(-maxHappenings);
  }
}
