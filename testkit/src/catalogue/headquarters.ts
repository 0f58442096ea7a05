import { chmod, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startCluster } from '@hq-sync/local-postgres/cluster';
import { createDatabase } from '@hq-sync/local-postgres/database';
import { findFreePort } from '@hq-sync/local-postgres/launch';
import pg from 'pg';
import { adminClient, type AdminClient } from '../admin-client.js';
import type { InstalledPostgres } from '../installed-postgres.js';
import { CollectorProcess } from '../red-green/stage.js';

const host = '127.0.0.1';

interface Server {
  readonly url: string;
  stop(): Promise<void>;
}

/** A collector as a process, with all its defaults, and a PostgreSQL server from which it can be moved to a new one. */
export class Headquarters {
  private constructor(
    readonly folder: string,
    private readonly postgres: InstalledPostgres,
    private readonly port: number,
    private server: Server,
    private collector: CollectorProcess,
    /** Of the server that HQ has now. */
    private pool: pg.Pool,
    readonly admin: AdminClient,
  ) {}

  static async start(postgres: InstalledPostgres): Promise<Headquarters> {
    const folder = await mkdtemp(path.join(tmpdir(), 'hq-catalogue-'));
    await chmod(folder, 0o755); // PostgreSQL runs as another user than root and must get in
    await mkdir(path.join(folder, 'stores'));
    const server = await postgres.start(path.join(folder, 'postgres'));
    const port = await findFreePort();
    const adminTokenFile = path.join(folder, 'admin-token');
    const collector = await new CollectorProcess(host, server.url, adminTokenFile, port).started();
    const token = (await readFile(adminTokenFile, 'utf8')).trim();
    const admin = adminClient(`http://${host}:${port}`, token);
    return new Headquarters(folder, postgres, port, server, collector, poolOf(server), admin);
  }

  get url(): string {
    return `http://${host}:${this.port}`;
  }

  get databaseUrl(): string {
    return this.server.url;
  }

  async ask<Row extends pg.QueryResultRow>(sql: string, values: unknown[] = []): Promise<Row[]> {
    return (await this.pool.query<Row>(sql, values)).rows;
  }

  /** Dumps the database, restores it into a new cluster of the embedded PostgreSQL, and goes on there. */
  async moveToNewCluster(): Promise<void> {
    await this.collector.process.stop();
    const cluster = await startCluster({ dataDir: path.join(this.folder, 'new-postgres') });
    const next: Server = {
      url: await createDatabase(cluster, 'hq', 'template0'),
      stop: () => cluster.stop(),
    };
    await this.pool.end();
    try {
      await this.postgres.dumpAndRestore(
        this.server.url,
        next.url,
        path.join(this.folder, 'postgres/hq.sql'),
      );
    } finally {
      await this.server.stop();
      this.server = next;
      this.pool = poolOf(next);
    }
    const adminTokenFile = path.join(this.folder, 'admin-token');
    this.collector = await new CollectorProcess(host, next.url, adminTokenFile, this.port).started();
  }

  async stop(): Promise<void> {
    await this.pool.end();
    await this.collector.process.stop();
    await this.server.stop();
    await rm(this.folder, { recursive: true, force: true });
  }
}

function poolOf({ url }: Server): pg.Pool {
  return new pg.Pool({ connectionString: url, max: 2 });
}
