import { fileURLToPath } from 'node:url';
import type { SimulatorMessage } from '@hq-sync/simulator/main';
import { host } from './addresses.js';
import { Child } from './child.js';
import type { DataDir } from './data-dir.js';
import type { DemoOptions } from './options.js';

/** Migrations of a first start, on a slow disk. */
const startWaitMs = 120_000;
/** The collector gives requests under way 10 s, and itself 10 s more; then it is killed. */
const collectorStopWaitMs = 22_000;
const simulatorStopWaitMs = 12_000;
/** Under the wire's own 500, so that a new store server learns HQ's limits by having a batch refused and split. */
const maxBatchRecords = 200;
/** The next start of a demo should be green soon; a real HQ spreads 20,000 stores over more. */
const shutdownSpreadMs = 3_000;

export function collectorChild(
  { adminTokenFile, collectorLog }: DataDir,
  { port }: DemoOptions,
  env: NodeJS.ProcessEnv,
  databaseUrl: () => string,
): Child {
  return new Child({
    name: 'Collector',
    script: fileURLToPath(import.meta.resolve('@hq-sync/hq-collector/main')),
    args: () => [],
    env: () => ({
      HQ_MAX_BATCH_RECORDS: String(maxBatchRecords),
      HQ_SHUTDOWN_SPREAD_MS: String(shutdownSpreadMs),
      ...env,
      DATABASE_URL: databaseUrl(),
      HQ_HOST: host,
      HQ_PORT: String(port),
      HQ_ADMIN_TOKEN_FILE: adminTokenFile,
    }),
    logFile: collectorLog,
    startWaitMs,
    stopWaitMs: collectorStopWaitMs,
  });
}

export function simulatorChild(
  { adminTokenFile, simulator, simulatorLog }: DataDir,
  { port, stores, speed, replay, incident }: DemoOptions,
  env: NodeJS.ProcessEnv,
  onMessage: (message: SimulatorMessage) => void,
): Child {
  const incidents = incident === undefined ? ['--incidents'] : ['--incident', incident, '--hq-control'];
  const chain = replay === undefined ? ['--stores', String(stores), ...incidents] : ['--replay', replay];
  return new Child({
    name: 'Simulator',
    script: fileURLToPath(import.meta.resolve('@hq-sync/simulator/main')),
    args: () => [
      ...[
        '--hq-url',
        `http://${host}:${port}`,
        '--admin-token-file',
        adminTokenFile,
        '--data-dir',
        simulator,
      ],
      ...(speed === undefined ? [] : ['--speed', String(speed)]),
      ...chain,
    ],
    env: () => env,
    logFile: simulatorLog,
    startWaitMs,
    stopWaitMs: simulatorStopWaitMs,
    onMessage: (message) => onMessage(message as SimulatorMessage),
  });
}
