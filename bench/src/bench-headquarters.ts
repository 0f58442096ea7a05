import { fork } from 'node:child_process';
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
  readonly postmasterPid: number;
  stop(): Promise<void>;
}

/** @param settings of the collector, by environment variable. */
export async function startHeadquarters(settings: Record<string, string> = {}): Promise<BenchHeadquarters> {
  const folder = await mkdtemp(path.join(tmpdir(), 'hq-bench-'));
  await chmod(folder, 0o755); // PostgreSQL runs as another user than root and must get in
  const cluster = await startCluster({ dataDir: path.join(folder, 'postgres') });
  const databaseUrl = await createDatabase(cluster, 'hq');
  const adminTokenFile = path.join(folder, 'admin-token');
  const collector = fork(fileURLToPath(import.meta.resolve('@hq-sync/hq-collector/main')), [], {
    env: {
      ...process.env,
      DATABASE_URL: databaseUrl,
      HQ_PORT: '0',
      HQ_ADMIN_TOKEN_FILE: adminTokenFile,
      HQ_LOG_LEVEL: 'warn',
      ...settings,
    },
  });
  const [{ url }] = (await once(collector, 'message')) as [{ url: string }];
  const pool = new pg.Pool({ connectionString: databaseUrl });
  return {
    url,
    databaseUrl,
    pool,
    admin: adminClient(url, (await readFile(adminTokenFile, 'utf8')).trim()),
    collectorPid: collector.pid!,
    postmasterPid: cluster.pid,
    async stop() {
      await pool.end();
      const exited = once(collector, 'exit');
      collector.kill('SIGTERM');
      await exited;
      await cluster.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
