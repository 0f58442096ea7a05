import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startCluster, type Cluster } from '@hq-sync/local-postgres/cluster';
import { createDatabase } from '@hq-sync/local-postgres/database';
import type { HostConfig, HostOrder } from '@hq-sync/simulator/agent-host';
import pg from 'pg';
import { adminClient, type AdminClient } from '../admin-client.js';
import { eventually } from '../eventually.js';
import { freePort } from '../free-port.js';
import { KeptAlive } from '../kept-alive.js';
import { WatchedProxy } from '../watched-proxy.js';
import { ViewRecorder } from './view-recorder.js';

const collectorProgram = new URL('../../../hq-collector/dist/main.js', import.meta.url);
export const hostProgram = new URL('../../../simulator/dist/agent-host-main.js', import.meta.url);

/** A collector as a process, with all its defaults where no settings are given. */
export class CollectorProcess {
  port: number | null = null;
  readonly process: KeptAlive;

  constructor(
    readonly host: string,
    databaseUrl: string,
    adminTokenFile: string,
    /** The same after each restart: stores keep the address they were given. */
    fixedPort: number,
    settings: Readonly<Record<string, string>> = {},
  ) {
    this.process = new KeptAlive(collectorProgram, [], {
      env: {
        DATABASE_URL: databaseUrl,
        HQ_HOST: host,
        HQ_PORT: String(fixedPort),
        HQ_ADMIN_TOKEN_FILE: adminTokenFile,
        HQ_LOG_LEVEL: 'silent',
        ...settings,
      },
      onMessage: (message) => (this.port = Number(new URL((message as { url: string }).url).port)),
      onExit: () => (this.port = null),
    });
  }

  target(): { host: string; port: number } | null {
    return this.port === null ? null : { host: this.host, port: this.port };
  }

  async started(): Promise<this> {
    await eventually(
      'the collector starts',
      () => this.port,
      (port) => port !== null,
      60_000,
    );
    return this;
  }
}

/** Stores of one agent host, behind a proxy of their own. */
export interface Group {
  readonly storeIds: readonly string[];
  readonly process: KeptAlive;
  readonly proxy: WatchedProxy | null;
  order(order: HostOrder): void;
}

/** A Postgres, collectors and groups of real agents, each a process. */
export class Stage {
  readonly groups: Group[] = [];
  readonly collectors: CollectorProcess[] = [];
  private readonly tokenIds = new Map<string, string>();
  private stores = 0;

  private constructor(
    readonly folder: string,
    private readonly cluster: Cluster,
    readonly databaseUrl: string,
    readonly view: ViewRecorder,
    readonly pool: pg.Pool,
    /** Address that every collector of this stage listens on. */
    readonly host: string,
  ) {}

  static async set(host: string): Promise<Stage> {
    const folder = await mkdtemp(path.join(tmpdir(), 'hq-stage-'));
    await chmod(folder, 0o755);
    await mkdir(path.join(folder, 'stores'));
    const cluster = await startCluster({ dataDir: path.join(folder, 'postgres') });
    const databaseUrl = await createDatabase(cluster, 'hq');
    const collector = await new CollectorProcess(
      host,
      databaseUrl,
      path.join(folder, 'admin-token'),
      await freePort(host),
    ).started();
    const stage = new Stage(
      folder,
      cluster,
      databaseUrl,
      await ViewRecorder.start(databaseUrl),
      new pg.Pool({ connectionString: databaseUrl, max: 2 }),
      host,
    );
    stage.collectors.push(collector);
    return stage;
  }

  async addCollector(): Promise<CollectorProcess> {
    const collector = await new CollectorProcess(
      this.host,
      this.databaseUrl,
      path.join(this.folder, 'admin-token'),
      await freePort(this.host),
    ).started();
    this.collectors.push(collector);
    return collector;
  }

  async admin(): Promise<AdminClient> {
    const { host, port } = this.collectors[0]!.target()!;
    return adminClient(
      `http://${host}:${port}`,
      (await readFile(path.join(this.folder, 'admin-token'), 'utf8')).trim(),
    );
  }

  tokenId(storeId: string): string {
    return this.tokenIds.get(storeId)!;
  }

  /** Creates stores and starts their agents; `wrapper` puts them into a namespace, without a proxy. */
  async addGroup(
    stores: number,
    {
      wrapper,
      target,
      replay,
    }: {
      wrapper?: readonly string[];
      target?: () => { host: string; port: number } | null;
      replay?: HostConfig['replay'];
    } = {},
  ): Promise<Group> {
    const admin = await this.admin();
    const config: HostConfig['stores'] = [];
    for (let index = 0; index < stores; index += 1) {
      const storeId = `store-${String((this.stores += 1)).padStart(3, '0')}`;
      await admin.createStore({ storeId });
      const { token, tokenId } = await admin.generateToken(storeId);
      this.tokenIds.set(storeId, tokenId);
      config.push({ storeId, timezone: 'UTC', currency: 'USD', token });
    }
    const first = this.collectors[0]!;
    const proxy = wrapper ? null : await WatchedProxy.listen(target ?? (() => first.target()));
    const hqUrl = proxy ? `http://127.0.0.1:${proxy.port}` : `http://${first.host}:${first.port}`;
    const file = path.join(this.folder, `group-${this.groups.length}.json`);
    const hostConfig: HostConfig = {
      hqUrl,
      dataDir: path.join(this.folder, 'stores'),
      stores: config,
      logLevel: 'silent',
      ...(replay && { replay }),
    };
    await writeFile(file, JSON.stringify(hostConfig), { mode: 0o600 });
    const process = new KeptAlive(hostProgram, [file], wrapper ? { wrapper } : {});
    const group: Group = {
      storeIds: config.map((store) => store.storeId),
      process,
      proxy,
      order: (order) => process.send(order),
    };
    this.groups.push(group);
    return group;
  }

  async strike(): Promise<void> {
    await this.view.stop();
    await this.pool.end();
    await Promise.all(this.groups.map((group) => group.process.stop()));
    await Promise.all(this.groups.map((group) => group.proxy?.close()));
    for (const collector of this.collectors) await collector.process.stop();
    await this.cluster.stop();
    await rm(this.folder, { recursive: true, force: true });
  }
}
