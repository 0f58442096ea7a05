import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { startCluster } from '@hq-sync/local-postgres/cluster';
import { createDatabase } from '@hq-sync/local-postgres/database';
import { adminClient, type AdminClient } from '@hq-sync/testkit/admin-client';
import pg from 'pg';

/** A collector as a process of its own on a PostgreSQL server of its own, both with the settings of the product. */
export interface BenchHeadquarters {
  readonly url: string;
  readonly databaseUrl: string;
  readonly pool: pg.Pool;
  readonly admin: AdminClient;
  readonly collectorPid: number;
  /** Of the postmaster. */
  readonly postgresPid: number;
  /** For what a bench keeps in files; goes with HQ. */
  newFolder(): Promise<string>;
  /** One more collector of this HQ; it stops by itself or with HQ. */
  addCollector(nodeOptions?: readonly string[]): Promise<BenchCollector>;
  stop(): Promise<void>;
}

export interface BenchCollector {
  readonly url: string;
  readonly process: ChildProcess;
  stop(): Promise<void>;
}

/** @param settings of the collectors, by environment variable. */
export async function startHeadquarters(settings: Record<string, string> = {}): Promise<BenchHeadquarters> {
  const folder = await mkdtemp(path.join(tmpdir(), 'hq-bench-'));
  await chmod(folder, 0o755); // PostgreSQL runs as another user than root and must get in
  const cluster = await startCluster({ dataDir: path.join(folder, 'postgres') });
  const databaseUrl = await createDatabase(cluster, 'hq');
  const adminTokenFile = path.join(folder, 'admin-token');
  const collectors: BenchCollector[] = [];
  const addCollector = async (nodeOptions: readonly string[] = []) => {
    const collector = await startCollector(nodeOptions, {
      DATABASE_URL: databaseUrl,
      HQ_PORT: '0',
      HQ_ADMIN_TOKEN_FILE: adminTokenFile,
      HQ_LOG_LEVEL: 'warn',
      ...settings,
    });
    collectors.push(collector);
    return collector;
  };
  const first = await addCollector();
  const pool = new pg.Pool({ connectionString: databaseUrl });
  return {
    url: first.url,
    databaseUrl,
    pool,
    admin: adminClient(first.url, (await readFile(adminTokenFile, 'utf8')).trim()),
    collectorPid: first.process.pid!,
    postgresPid: cluster.pid,
    newFolder: () => mkdtemp(path.join(folder, 'bench-')),
    addCollector,
    async stop() {
      await pool.end();
      for (const collector of collectors) await collector.stop();
      await cluster.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function startCollector(
  nodeOptions: readonly string[],
  env: Record<string, string>,
): Promise<BenchCollector> {
  const collector = fork(fileURLToPath(import.meta.resolve('@hq-sync/hq-collector/main')), [], {
    execArgv: [...nodeOptions],
    env: { ...process.env, ...env },
  });
  const exited = once(collector, 'exit');
  const [{ url }] = (await once(collector, 'message')) as [{ url: string }];
  return {
    url,
    process: collector,
    async stop() {
      collector.kill('SIGTERM');
      await exited;
    },
  };
}
