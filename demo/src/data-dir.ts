import { createHash } from 'node:crypto';
import { accessSync, constants, existsSync, rmSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { startCluster } from '@hq-sync/local-postgres/cluster';
import { LocalPostgresError } from '@hq-sync/local-postgres/errors';
import { makeDirectory } from '@hq-sync/local-postgres/make-directory';
import { reachableDataDir } from '@hq-sync/local-postgres/reachable-data-dir';
import { DemoError } from './demo-error.js';

const clone = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..', '..');

/** Where the demo keeps what; everything in `root` but the database of a root user who lives in a private folder. */
export interface DataDir {
  readonly root: string;
  readonly postgres: string;
  readonly adminTokenFile: string;
  readonly collectorLog: string;
  readonly simulatorLog: string;
  /** Of Prometheus, Alertmanager and Grafana. */
  readonly monitoring: string;
  /** Of this chain: a replay's is another than the made one's, and so is its database. */
  readonly simulator: string;
  readonly databaseName: string;
}

/** Makes the directory. @throws DemoError when this user may not. */
export function openDataDir(env: NodeJS.ProcessEnv, replay: string | undefined): DataDir {
  const root = path.resolve(env['HQ_DATA_DIR'] || path.join(clone, '.data'));
  try {
    makeDirectory(root);
    // With the separator at its end a file is refused.
    accessSync(root + path.sep, constants.W_OK);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOSPC') throw new DemoError(`The disk of ${root} is full.`);
    throw new DemoError(`This user may not write to ${root}: set HQ_DATA_DIR to a directory where it may.`);
  }
  const chain =
    replay === undefined ? 'demo' : `replay_${createHash('sha256').update(replay).digest('hex').slice(0, 8)}`;
  return {
    root,
    postgres: reachableDataDir(path.join(root, 'postgres')),
    adminTokenFile: path.join(root, 'admin-token'),
    collectorLog: path.join(root, 'collector.log'),
    simulatorLog: path.join(root, 'simulator.log'),
    monitoring: path.join(root, 'monitoring'),
    simulator: path.join(root, 'simulator', chain),
    databaseName: `hq_${chain}`,
  };
}

/** Whether a database server runs on the data, or was killed: then children of that run may be ending still. */
export function leftByEarlierRun({ postgres }: DataDir): boolean {
  return existsSync(path.join(postgres, 'postmaster.pid'));
}

/**
 * Removes what earlier runs have left, and nothing else that may be in the directory.
 * @throws LocalPostgresError when a server that runs on the data cannot be stopped.
 */
export async function removeData(dataDir: DataDir): Promise<void> {
  if (leftByEarlierRun(dataDir)) await stopLeftServer(dataDir);
  const { root, postgres, adminTokenFile, collectorLog, simulatorLog } = dataDir;
  const logs = [collectorLog, simulatorLog].flatMap((file) => [file, `${file}.1`]);
  const all = [
    postgres,
    `${postgres}.password`,
    `${postgres}.log`,
    adminTokenFile,
    ...logs,
    path.join(root, 'simulator'),
    dataDir.monitoring,
  ];
  for (const file of all) rmSync(file, { recursive: true, force: true });
}

async function stopLeftServer({ postgres }: DataDir): Promise<void> {
  try {
    await (await startCluster({ dataDir: postgres })).stop();
  } catch (error) {
    // Data that no server starts on has no server either.
    const harmless =
      error instanceof LocalPostgresError &&
      ['start-failed', 'not-a-cluster', 'other-version'].includes(error.code);
    if (!harmless) throw error;
  }
}
