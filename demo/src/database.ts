import { startCluster, type Cluster } from '@hq-sync/local-postgres/cluster';
import { createDatabase, dropDatabase, renameDatabase } from '@hq-sync/local-postgres/database';
import type { LocalPostgresError } from '@hq-sync/local-postgres/errors';
import pg from 'pg';

const duplicateDatabase = '42P04';
const connectMs = 3_000;
const queryMs = 5_000;
/** A server that somebody killed is started again at most this often. */
const relaunchSpacingMs = 5_000;

/** The demo's PostgreSQL server, kept running, with a database for this chain. */
export class DemoDatabase {
  private tablePool: pg.Pool;
  private lastLaunchMs = performance.now();
  private stopped = false;
  private relaunching: Promise<void> | undefined;
  /** Nobody may be connected. */
  private closed = false;

  /** @throws LocalPostgresError, whose message is for a person. */
  static async start(dataDir: string, name: string): Promise<DemoDatabase> {
    const cluster = await startCluster({ dataDir });
    try {
      await createUnlessThere(cluster, name);
    } catch (error) {
      await cluster.stop();
      throw error;
    }
    return new DemoDatabase(cluster, name);
  }

  private constructor(
    private cluster: Cluster,
    private readonly name: string,
  ) {
    this.tablePool = this.openPool();
  }

  /** For the table; after a backup or a restore another one. */
  get pool(): pg.Pool {
    return this.tablePool;
  }

  /** With the password: for psql and the collector. */
  get url(): string {
    return this.cluster.url(this.name);
  }

  /** Starts the server again, on the same port, when it does not run any more. */
  keepRunning(): void {
    if (this.stopped || this.closed || this.relaunching !== undefined) return;
    if (performance.now() - this.lastLaunchMs < relaunchSpacingMs) return;
    this.lastLaunchMs = performance.now();
    const { dataDir, port } = this.cluster;
    this.relaunching = startCluster({ dataDir, port }).then(
      (cluster) => {
        this.cluster = cluster;
        this.relaunching = undefined;
      },
      () => {
        this.relaunching = undefined; // the next failed query tries again
      },
    );
  }

  /** Copies the database; nobody else may be connected. @throws LocalPostgresError when somebody is. */
  backUp(): Promise<void> {
    return this.whileClosed(async () => {
      await dropDatabase(this.cluster, this.backupName);
      await createDatabase(this.cluster, this.backupName, this.name);
    });
  }

  /**
   * The newest backup takes the place of the database, and is none any more. @throws LocalPostgresError when there is
   * none, or somebody is connected; then nothing has changed.
   */
  restore(): Promise<void> {
    const lost = `${this.name}_lost`;
    return this.whileClosed(async () => {
      await dropDatabase(this.cluster, lost);
      await renameDatabase(this.cluster, this.name, lost);
      try {
        await renameDatabase(this.cluster, this.backupName, this.name);
      } catch (error) {
        await renameDatabase(this.cluster, lost, this.name);
        throw error;
      }
      await dropDatabase(this.cluster, lost);
    });
  }

  async stop(): Promise<void> {
    this.stopped = true;
    await this.pool.end();
    await this.relaunching;
    await this.cluster.stop();
  }

  private get backupName(): string {
    return `${this.name}_backup`;
  }

  private openPool(): pg.Pool {
    const pool = new pg.Pool({
      connectionString: this.url,
      max: 2,
      connectionTimeoutMillis: connectMs,
      query_timeout: queryMs,
      application_name: 'demo table',
    });
    pool.on('error', () => undefined); // the next query says so
    return pool;
  }

  private async whileClosed(work: () => Promise<void>): Promise<void> {
    this.closed = true;
    try {
      await this.tablePool.end();
      await work();
    } finally {
      this.tablePool = this.openPool();
      this.closed = false;
    }
  }
}

async function createUnlessThere(cluster: Cluster, name: string): Promise<void> {
  try {
    await createDatabase(cluster, name);
  } catch (error) {
    const { cause } = error as LocalPostgresError;
    if ((cause as { code?: string } | undefined)?.code !== duplicateDatabase) throw error;
  }
}
