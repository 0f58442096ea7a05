import { chmod, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** One real PostgreSQL server for all test files, with a migrated database that each of them copies. */
export default async function globalSetup() {
  const [{ startCluster }, { createDatabase }, { migrate }] = await Promise.all([
    import('../local-postgres/dist/cluster.js'),
    import('../local-postgres/dist/database.js'),
    import('../hq-collector/dist/db/migrate.js'),
  ]);
  const folder = await mkdtemp(path.join(tmpdir(), 'hq-tests-'));
  await chmod(folder, 0o755); // PostgreSQL runs as another user than root and must get in
  const cluster = await startCluster({
    dataDir: path.join(folder, 'postgres'),
    settings: { max_connections: '400' },
  });
  await migrate(await createDatabase(cluster, 'hq_template'));
  process.env.HQ_TEST_SERVER = cluster.url('');
  globalThis.hqTestServer = { cluster, folder };
}
