import { readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { startCluster, type Cluster } from '@hq-sync/local-postgres/cluster';
import { createDatabase } from '@hq-sync/local-postgres/database';
import pg from 'pg';
import { adminClient, type AdminClient } from '../admin-client.js';
import { eventually } from '../eventually.js';
import { KeptAlive } from '../kept-alive.js';
import { copyOwned, copyRunningServer } from './backup.js';
import { WatchedProxy, type Target, type Watcher } from '../watched-proxy.js';

const program = new URL('../../../hq-collector/dist/main.js', import.meta.url);
const startDeadlineMs = 60_000;
/** Between two questions to a database that has a day to carry. */
export const askPollMs = 500;

/** A collector and its Postgres, each a process of its own that can be killed. */
export class Headquarters {
  collector!: KeptAlive;
  private collectorPort: number | null = null;
  private proxy!: WatchedProxy;
  private reviving: Promise<void> = Promise.resolve();

  private constructor(
    private readonly folder: string,
    private cluster: Cluster | null,
    /** Postgres has committed a push and says so: whether it is to be killed before that is heard. */
    private readonly pushCommitted: () => boolean,
  ) {}

  static async start(folder: string, pushCommitted: () => boolean = () => false): Promise<Headquarters> {
    const hq = new Headquarters(folder, null, pushCommitted);
    const cluster = (hq.cluster = await startCluster({ dataDir: hq.dataDir }));
    await createDatabase(cluster, 'hq');
    hq.proxy = await WatchedProxy.listen(
      () => hq.cluster && { host: '127.0.0.1', port: hq.cluster.port },
      () => hq.watch(),
    );
    const databaseUrl = new URL(cluster.url('hq'));
    databaseUrl.port = String(hq.proxy.port);
    hq.collector = new KeptAlive(program, [], {
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
    await hq.collectorUp();
    return hq;
  }

  /** Null while no collector is up. */
  get target(): Target | null {
    return this.collectorPort === null ? null : { host: '127.0.0.1', port: this.collectorPort };
  }

  /** Null while no collector is up. */
  get admin(): AdminClient | null {
    const { target } = this;
    return target && adminClient(`http://${target.host}:${target.port}`, this.adminToken);
  }

  /** Resolves when Postgres is up again, after it was killed. */
  get postgresUp(): Promise<void> {
    return this.reviving;
  }

  async collectorUp(): Promise<void> {
    await eventually(
      'the collector starts',
      () => this.collectorPort,
      (port) => port !== null,
      startDeadlineMs,
    );
  }

  /** Kills Postgres and starts it again on what it has left. */
  killPostgres(): void {
    const cluster = this.cluster!;
    this.reviving = (async () => {
      await cluster.kill();
      this.cluster = null;
      this.cluster = await startCluster({ dataDir: this.dataDir });
    })();
    this.reviving.catch(() => undefined); // told by `postgresUp`
  }

  /** Backs the running server up; the backup before goes. */
  async backUp(): Promise<void> {
    await this.reviving;
    await rm(this.backupDir, { recursive: true, force: true });
    await copyRunningServer(this.cluster!.url(), this.dataDir, this.backupDir);
  }

  /** What README says of it: every collector is stopped, the database is replaced, the collectors start. */
  async restoreBackup(): Promise<void> {
    await this.reviving;
    this.collector.down();
    await this.cluster!.kill();
    this.cluster = null;
    await rm(this.dataDir, { recursive: true });
    await copyOwned(this.backupDir, this.dataDir);
    this.cluster = await startCluster({ dataDir: this.dataDir });
    this.collector.up();
    await this.collectorUp();
  }

  async ask<Row extends pg.QueryResultRow>(sql: string, values: unknown[] = []): Promise<Row[]> {
    await this.reviving;
    const client = new pg.Client({ connectionString: this.cluster!.url('hq') });
    // A server killed between two messages says so here; the query under way is refused by itself.
    client.on('error', () => undefined);
    await client.connect();
    try {
      return (await client.query<Row>(sql, values)).rows;
    } finally {
      await client.end();
    }
  }

  /** The server's own word on what keeps committed rows through a crash. */
  async durability(): Promise<Record<string, string>> {
    const rows = await this.ask<{ name: string; setting: string }>(
      `select name, setting from pg_settings where name in ('fsync', 'synchronous_commit', 'full_page_writes')`,
    );
    return Object.fromEntries(rows.map(({ name, setting }) => [name, setting]));
  }

  async stop(): Promise<void> {
    await this.reviving.catch(() => undefined);
    await this.collector.stop();
    await this.proxy.close();
    await this.cluster?.stop();
  }

  private get dataDir(): string {
    return path.join(this.folder, 'postgres');
  }

  private get backupDir(): string {
    return path.join(this.folder, 'backup');
  }

  private get adminTokenFile(): string {
    return path.join(this.folder, 'admin-token');
  }

  private get adminToken(): string {
    return readFileSync(this.adminTokenFile, 'utf8').trim();
  }

  /** Of one connection of the collector: the end of the COMMIT of a push, which has taken its lock. */
  private watch(): Watcher {
    let pushing = false;
    return {
      fromClient: (chunk) => {
        if (chunk.includes('begin; select pg_advisory_xact_lock(')) pushing = true;
      },
      fromServer: (chunk) => {
        if (!pushing || !chunk.includes('COMMIT\0')) return 'pass';
        pushing = false;
        if (!this.pushCommitted()) return 'pass';
        this.killPostgres();
        return 'cut';
      },
    };
  }
}
