import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startCluster, type Cluster } from '@hq-sync/local-postgres/cluster';
import { createDatabase } from '@hq-sync/local-postgres/database';
import type { HostConfig, HostMessage, HostProgress } from '@hq-sync/simulator/agent-host';
import pg from 'pg';
import { adminClient } from '../admin-client.js';
import { dayDifferences, heldDaysSql, type StoreDay } from '../day-figures.js';
import { eventually } from '../eventually.js';
import type { ChainDay } from './chain-data.js';
import { KeptAlive } from '../kept-alive.js';
import { killPlan, type KillKind, type PlannedKill } from './kill-plan.js';
import { WatchedProxy } from '../watched-proxy.js';

const agentsPerHost = 12;
/** The file's day in about 100 s: the kills are over before the last sale, on a quick machine too. */
const replaySpeed = 850;
const maxBatchRecords = 3;
const armedKillDeadlineMs = 30_000;
const finishDeadlineMs = 180_000;

export interface RealDayReport {
  readonly seed: number;
  readonly seconds: number;
  readonly kills: Readonly<Record<KillKind, number>>;
  /** Batches that agents sent again. */
  readonly retries: number;
  /** Records that HQ answered as duplicates. */
  readonly duplicates: number;
  /** Records whose higher revision replaced a lower one. */
  readonly replaced: number;
  /** Durability settings of the server, as it says them. */
  readonly durability: Readonly<Record<string, string>>;
  /** What differs from the truth, in words; empty when all is exact. */
  readonly differences: readonly string[];
}

/**
 * Replays a real day through real agents, a real collector and a real PostgreSQL, kills them on the way, some of them
 * between a commit and its answer, and compares every store's figures with the truth.
 */
export async function runRealDay(
  day: ChainDay,
  seed: number,
  options: { kills: number; say?: (line: string) => void },
): Promise<RealDayReport> {
  const say = options.say ?? (() => undefined);
  const folder = await mkdtemp(path.join(tmpdir(), 'hq-real-day-'));
  await chmod(folder, 0o755);
  const startedMs = performance.now();
  const hq = await Headquarters.start(folder, say);
  try {
    const tokens = await hq.createStores(day);
    hq.startAgents(await hostConfigs(folder, day, tokens, hq.url, seed));
    await eventually(
      'every store connects',
      () => hq.ask('select count(*)::int as n from hq_view.stores where status = $1', ['connected']),
      (rows) => rows[0]!['n'] === day.stores.length,
      60_000,
    );
    const durability = await hq.durability();
    for (const kill of killPlan(seed, options.kills)) {
      await sleep(kill.afterMs);
      await hq.execute(kill);
      say(`${((performance.now() - startedMs) / 1000).toFixed(1)} s: killed ${kill.kind}`);
    }
    await eventually(
      'every agent has pushed all it has',
      () => hq.hostsDone(),
      (done) => done,
      finishDeadlineMs,
    );
    const [sums] = await hq.ask(
      'select sum(duplicate)::int as duplicates, sum(replaced)::int as replaced from hq_view.sync_log',
    );
    return {
      seed,
      seconds: Math.round((performance.now() - startedMs) / 1000),
      kills: hq.kills,
      retries: hq.retries(),
      duplicates: Number(sums!['duplicates']),
      replaced: Number(sums!['replaced']),
      durability,
      differences: await hq.differences(day),
    };
  } finally {
    await hq.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

async function hostConfigs(
  folder: string,
  day: ChainDay,
  tokens: ReadonlyMap<string, string>,
  hqUrl: string,
  seed: number,
): Promise<{ file: string; config: HostConfig }[]> {
  const hosts: { file: string; config: HostConfig }[] = [];
  for (let first = 0; first < day.stores.length; first += agentsPerHost) {
    const stores = day.stores.slice(first, first + agentsPerHost);
    const config: HostConfig = {
      hqUrl,
      dataDir: path.join(folder, 'stores'),
      stores: stores.map((store) => ({
        storeId: store.id,
        timezone: store.timezone,
        currency: store.currency,
        token: tokens.get(store.id)!,
      })),
      batchLimits: { maxBatchRecords },
      replay: { file: day.salesFile, seed: String(seed), speed: replaySpeed },
      logLevel: 'silent',
    };
    const file = path.join(folder, `host-${hosts.length}.json`);
    await writeFile(file, JSON.stringify(config), { mode: 0o600 });
    hosts.push({ file, config });
  }
  return hosts;
}

interface Host {
  readonly process: KeptAlive;
  readonly tokens: ReadonlySet<string>;
  latest: HostProgress | undefined;
  /** Of the processes that were killed. */
  earlierRetries: number;
  done: boolean;
}

/** A collector, its Postgres and the stores' agents, each a process of its own that can be killed. */
class Headquarters {
  readonly kills: Record<KillKind, number> = {
    collector: 0,
    agents: 0,
    postgres: 0,
    'collector before its answer': 0,
    'agents before the answer': 0,
    'postgres before its answer': 0,
  };
  private readonly hosts: Host[] = [];
  private collector!: KeptAlive;
  private collectorPort: number | null = null;
  private databaseProxy!: WatchedProxy;
  private storeProxy!: WatchedProxy;
  private reviving: Promise<void> = Promise.resolve();
  /** What the next answer on its way sets off. */
  private armed: { kind: KillKind; fired: () => void } | undefined;

  private constructor(
    private readonly folder: string,
    private cluster: Cluster | null,
    private readonly say: (line: string) => void,
  ) {}

  static async start(folder: string, say: (line: string) => void): Promise<Headquarters> {
    const cluster = await startCluster({ dataDir: path.join(folder, 'postgres') });
    const hq = new Headquarters(folder, cluster, say);
    await createDatabase(cluster, 'hq');
    hq.databaseProxy = await WatchedProxy.listen(
      () => hq.cluster && { host: '127.0.0.1', port: hq.cluster.port },
      () => hq.watchDatabase(),
    );
    hq.storeProxy = await WatchedProxy.listen(
      () => (hq.collectorPort === null ? null : { host: '127.0.0.1', port: hq.collectorPort }),
      () => hq.watchStore(),
    );
    await mkdir(path.join(folder, 'stores'));
    const databaseUrl = new URL(cluster.url('hq'));
    databaseUrl.port = String(hq.databaseProxy.port);
    hq.collector = new KeptAlive(new URL('../../../hq-collector/dist/main.js', import.meta.url), [], {
      env: {
        DATABASE_URL: databaseUrl.href,
        HQ_PORT: '0',
        HQ_ADMIN_TOKEN_FILE: hq.adminTokenFile,
        HQ_LOG_LEVEL: 'silent',
      },
      onMessage: (message) => {
        hq.collectorPort = Number(new URL((message as { url: string }).url).port);
      },
      onExit: () => {
        hq.collectorPort = null;
      },
    });
    await eventually(
      'the collector starts',
      () => hq.collectorPort,
      (port) => port !== null,
    );
    return hq;
  }

  get url(): string {
    return `http://127.0.0.1:${this.storeProxy.port}`;
  }

  private get adminTokenFile(): string {
    return path.join(this.folder, 'admin-token');
  }

  /** @returns each store's sync token. */
  async createStores(day: ChainDay): Promise<Map<string, string>> {
    const admin = adminClient(
      `http://127.0.0.1:${this.collectorPort}`,
      (await readFile(this.adminTokenFile, 'utf8')).trim(),
    );
    const tokens = new Map<string, string>();
    for (const { id: storeId, name, timezone, currency } of day.stores) {
      await admin.createStore({ storeId, name, timezone, currency });
      tokens.set(storeId, (await admin.generateToken(storeId)).token);
    }
    return tokens;
  }

  startAgents(hosts: readonly { file: string; config: HostConfig }[]): void {
    for (const { file, config } of hosts) {
      const host: Host = {
        tokens: new Set(config.stores.map((store) => store.token)),
        latest: undefined,
        earlierRetries: 0,
        done: false,
        process: new KeptAlive(
          new URL('../../../simulator/dist/agent-host-main.js', import.meta.url),
          [file],
          {
            onMessage: (message) => {
              const said = message as HostMessage;
              if (said.type === 'progress') host.latest = said;
              else host.done = true;
            },
            onExit: () => {
              host.earlierRetries += host.latest?.counters.retries ?? 0;
              host.latest = undefined;
              host.done = false;
            },
          },
        ),
      };
      this.hosts.push(host);
    }
  }

  hostsDone(): boolean {
    return this.hosts.every((host) => host.done);
  }

  retries(): number {
    return this.hosts.reduce(
      (sum, host) => sum + host.earlierRetries + (host.latest?.counters.retries ?? 0),
      0,
    );
  }

  async execute(kill: PlannedKill): Promise<void> {
    await this.reviving;
    if (kill.kind.includes('answer')) {
      await this.whenArmed(kill.kind);
    } else {
      if (kill.kind === 'collector') await this.killRunning(this.collector);
      if (kill.kind === 'agents') await this.killRunning(this.hosts[kill.which % this.hosts.length]!.process);
      if (kill.kind === 'postgres') this.revivePostgres();
    }
    this.kills[kill.kind] += 1;
  }

  async ask(sql: string, values: unknown[] = []): Promise<Record<string, unknown>[]> {
    await this.reviving;
    const client = new pg.Client({ connectionString: this.cluster!.url('hq') });
    await client.connect();
    try {
      return (await client.query(sql, values)).rows as Record<string, unknown>[];
    } finally {
      await client.end();
    }
  }

  async durability(): Promise<Record<string, string>> {
    const rows = await this.ask(
      `select name, setting from pg_settings where name in ('fsync', 'synchronous_commit', 'full_page_writes')`,
    );
    return Object.fromEntries(rows.map((row) => [String(row['name']), String(row['setting'])]));
  }

  /** Every store's six figures against the truth; also that nothing else is there. */
  async differences({ stores, businessDate, truth }: ChainDay): Promise<string[]> {
    const held = (await this.ask(heldDaysSql)) as unknown as StoreDay[];
    const expected = stores.map(({ id: storeId, currency }) => ({
      storeId,
      businessDate,
      currency,
      ...truth.get(storeId)!,
    }));
    const found = dayDifferences(held, expected);
    const [quarantined] = await this.ask('select count(*)::int as n from hq_view.quarantined_records');
    if (quarantined!['n'] !== 0) found.push(`${String(quarantined!['n'])} records in quarantine`);
    return found;
  }

  async stop(): Promise<void> {
    await this.reviving;
    await Promise.all(this.hosts.map((host) => host.process.stop()));
    await this.collector.stop();
    await this.storeProxy.close();
    await this.databaseProxy.close();
    await this.cluster?.stop();
  }

  /** Kills a process that is up; one that is just starting again is waited for. */
  private async killRunning(process: KeptAlive): Promise<void> {
    await eventually(
      'a process to kill',
      () => process.kill(),
      (killed) => killed,
    );
  }

  private revivePostgres(): void {
    const cluster = this.cluster!;
    this.reviving = (async () => {
      await cluster.kill();
      this.cluster = null;
      this.cluster = await startCluster({ dataDir: path.join(this.folder, 'postgres') });
    })();
    this.reviving.catch((error: unknown) => this.say(`PostgreSQL does not come back: ${String(error)}`));
  }

  private async whenArmed(kind: KillKind): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve, reject) => {
      timer = setTimeout(() => reject(new Error(`no answer to kill at: ${kind}`)), armedKillDeadlineMs);
      this.armed = { kind, fired: resolve };
    }).finally(() => clearTimeout(timer));
  }

  private fires(kind: KillKind): boolean {
    if (this.armed?.kind !== kind) return false;
    this.armed.fired();
    this.armed = undefined;
    return true;
  }

  /** Watches a store's HTTP: the answer 200 of a push is the commit's answer. */
  private watchStore() {
    let token: string | undefined;
    let pushing = false;
    return {
      fromClient: (chunk: Buffer) => {
        const head = chunk.toString('latin1');
        if (head.startsWith('POST /v1/push/')) pushing = true;
        token = /authorization: Bearer (\S+)/i.exec(head)?.[1] ?? token;
      },
      fromServer: (chunk: Buffer): 'pass' | 'cut' => {
        if (!pushing || !chunk.toString('latin1', 0, 12).startsWith('HTTP/1.1 200')) return 'pass';
        pushing = false;
        if (this.fires('collector before its answer')) {
          this.collector.kill();
          return 'cut';
        }
        if (this.fires('agents before the answer')) {
          this.hosts.find((host) => token !== undefined && host.tokens.has(token))?.process.kill();
          return 'cut';
        }
        return 'pass';
      },
    };
  }

  /** Watches the collector's connections to Postgres: COMMIT's completion after a push's lock was taken. */
  private watchDatabase() {
    let pushing = false;
    return {
      fromClient: (chunk: Buffer) => {
        if (chunk.includes('begin; select pg_advisory_xact_lock(')) pushing = true;
      },
      fromServer: (chunk: Buffer): 'pass' | 'cut' => {
        if (!pushing || !chunk.includes('COMMIT\0')) return 'pass';
        pushing = false;
        if (!this.fires('postgres before its answer')) return 'pass';
        this.revivePostgres();
        return 'cut';
      },
    };
  }
}
