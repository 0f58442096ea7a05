import { startCluster, type Cluster } from '@hq-sync/local-postgres/cluster';
import { createDatabase } from '@hq-sync/local-postgres/database';
import type { LocalPostgresError } from '@hq-sync/local-postgres/errors';
import pg from 'pg';

const duplicateDatabase = '42P04';
const connectMs = 3_000;
const queryMs = 5_000;
/** A server that somebody killed is started again at most this often. */
const relaunchSpacingMs = 5_000;

/** The demo's PostgreSQL server, kept running, with a database for this chain. */
export class DemoDatabase {
  readonly pool: pg.Pool;
  private lastLaunchMs = performance.now();
  private stopped = false;
  private relaunching: Promise<void> | undefined;

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
    this.pool = new pg.Pool({
      connectionString: this.url,
      max: 2,
      connectionTimeoutMillis: connectMs,
      query_timeout: queryMs,
      application_name: 'demo table',
    });
    this.pool.on('error', () => undefined); // the next query says so
  }

  /** With the password: for psql and the collector. */
  get url(): string {
    return this.cluster.url(this.name);
  }

  /** Starts the server again, on the same port, when it does not run any more. */
  keepRunning(): void {
    if (this.stopped || this.relaunching !== undefined) return;
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

  async stop(): Promise<void> {
    this.stopped = true;
    await this.pool.end();
    await this.relaunching;
    await this.cluster.stop();
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
