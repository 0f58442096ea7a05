import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startCluster, type Cluster } from '@hq-sync/local-postgres/cluster';
import { createDatabase } from '@hq-sync/local-postgres/database';
import { StoreServer } from '@hq-sync/simulator/store-server';
import pino from 'pino';
import { adminClient, type AdminClient } from '../admin-client.js';
import { CollectorProcess } from '../red-green/stage.js';
import { freePort } from '../free-port.js';
import { throughPort } from '../through-port.js';
import { WatchedProxy } from '../watched-proxy.js';
import { saleRecord } from '../wire-store.js';

const host = '127.0.0.1';
const log = pino({ level: 'silent' });

export interface ChainStore {
  readonly storeId: string;
  readonly token: string;
  readonly tokenId: string;
  readonly server: StoreServer;
}

export interface ChainOptions {
  /** Settings of the collectors. */
  readonly settings?: Readonly<Record<string, string>>;
  /** How often each store sells something; absent: never. */
  readonly saleEveryMs?: number;
}

/** HQ as processes, and stores with real agents, each behind a line of its own that can be cut. */
export class Chain {
  readonly stores = new Map<string, ChainStore>();
  private readonly timer: NodeJS.Timeout | undefined;
  /** Stores that have stopped selling. */
  readonly idle = new Set<string>();
  private sales = 0;

  private constructor(
    readonly folder: string,
    private cluster: Cluster,
    readonly collectors: readonly CollectorProcess[],
    /** Stands for the load balancer. */
    readonly balancer: WatchedProxy,
    /** Between the second collector and PostgreSQL. */
    readonly secondDatabaseLine: WatchedProxy,
    readonly admin: AdminClient,
    readonly url: string,
    readonly databaseUrl: string,
    options: ChainOptions,
  ) {
    if (options.saleEveryMs !== undefined) this.timer = setInterval(() => this.sell(), options.saleEveryMs);
  }

  static async open(options: ChainOptions = {}): Promise<Chain> {
    const folder = await mkdtemp(path.join(tmpdir(), 'hq-pager-'));
    await chmod(folder, 0o755);
    const cluster = await startCluster({ dataDir: path.join(folder, 'postgres') });
    const tokenFile = path.join(folder, 'admin-token');
    const databaseUrl = await createDatabase(cluster, 'hq');
    const secondDatabaseLine = await WatchedProxy.listen(() => ({ host, port: cluster.port }));
    const collectors: CollectorProcess[] = [];
    // The second is there to be killed and cut off: stores and scrapes of the fleet go to the first.
    for (const url of [databaseUrl, throughPort(databaseUrl, secondDatabaseLine.port)]) {
      const port = await freePort(host);
      collectors.push(
        await new CollectorProcess(host, url, tokenFile, port, {
          settings: options.settings ?? {},
        }).started(),
      );
    }
    const url = `http://${host}:${collectors[0]!.port}`;
    const balancer = await WatchedProxy.listen(() => collectors[0]!.target());
    const admin = adminClient(url, (await readFile(tokenFile, 'utf8')).trim());
    return new Chain(
      folder,
      cluster,
      collectors,
      balancer,
      secondDatabaseLine,
      admin,
      url,
      databaseUrl,
      options,
    );
  }

  /** Addresses for the jobs of Prometheus. */
  get targets(): Record<string, string[]> {
    return {
      'hq-stores': [`${host}:${this.balancer.port}`],
      'hq-collector': this.collectors.map(({ port }) => `${host}:${port}`),
    };
  }

  /** Makes a store with a token, and no server yet. @returns the token. */
  async createStore(
    storeId: string,
    fields: Record<string, unknown> = {},
  ): Promise<{ token: string; tokenId: string }> {
    await this.admin.createStore({ storeId, ...fields });
    return this.admin.generateToken(storeId);
  }

  async addStore(storeId: string, fields: Record<string, unknown> = {}): Promise<void> {
    const { token, tokenId } = await this.createStore(storeId, fields);
    const server = await StoreServer.start({
      hqUrl: this.url,
      token,
      storeId,
      dataDir: path.join(this.folder, 'stores', storeId),
      timezone: 'UTC',
      withLine: true,
      log,
    });
    this.stores.set(storeId, { storeId, token, tokenId, server });
  }

  async revokeToken(storeId: string): Promise<void> {
    await this.admin.call('DELETE', `/stores/${storeId}/tokens/${this.store(storeId).tokenId}`);
  }

  /** Generates a token and enters it at the store server. */
  async newToken(storeId: string, options: { readonly expiresInDays?: number } = {}): Promise<void> {
    const { token, tokenId } = await this.admin.generateToken(storeId, options);
    const { server } = this.store(storeId);
    server.setToken(token);
    this.stores.set(storeId, { storeId, token, tokenId, server });
  }

  async discardQuarantined(storeId: string): Promise<void> {
    const { body } = await this.admin.call('GET', `/quarantine?storeId=${storeId}`);
    for (const { quarantineId } of body.items)
      await this.admin.call('POST', `/quarantine/${quarantineId}/discard`, { note: 'a test' });
  }

  store(storeId: string): ChainStore {
    return this.stores.get(storeId)!;
  }

  cut(...storeIds: readonly string[]): void {
    for (const storeId of storeIds) this.store(storeId).server.line!.cut();
  }

  restore(...storeIds: readonly string[]): void {
    for (const storeId of storeIds) this.store(storeId).server.line!.restore();
  }

  sale(storeId: string, fields: Record<string, unknown> = {}): void {
    const { server } = this.store(storeId);
    if (server.up) server.running.enqueue('sales', saleRecord(`sale-${(this.sales += 1)}`, fields));
  }

  stopPostgres(): Promise<void> {
    return this.cluster.stop();
  }

  /** On the same port as before: the collectors have its address. */
  async startPostgres(): Promise<void> {
    const { dataDir, port } = this.cluster;
    this.cluster = await startCluster({ dataDir, port });
  }

  async close(): Promise<void> {
    clearInterval(this.timer);
    await Promise.all([...this.stores.values()].map(({ server }) => server.stop()));
    await this.balancer.close();
    await this.secondDatabaseLine.close();
    for (const { process } of this.collectors) await process.stop();
    await this.cluster.stop();
    await rm(this.folder, { recursive: true, force: true });
  }

  private sell(): void {
    for (const storeId of this.stores.keys()) if (!this.idle.has(storeId)) this.sale(storeId);
  }
}
