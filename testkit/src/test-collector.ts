import { rm, mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startCollector, type Collector } from '@hq-sync/hq-collector/collector';
import { readConfig } from '@hq-sync/hq-collector/config';
import pino, { type Logger } from 'pino';
import { adminClient, type AdminClient } from './admin-client.js';
import { createTestDatabase, type TestDatabase } from './test-database.js';
import { throughPort } from './through-port.js';

export interface TestCollector extends Collector {
  readonly database: TestDatabase;
  readonly admin: AdminClient;
  /** Another replica of the same HQ. */
  replica(overrides?: Record<string, string>): Promise<Collector>;
}

export interface TestCollectorOptions {
  /** Settings by their environment variable. */
  readonly settings?: Record<string, string>;
  readonly clock?: () => Date;
  readonly log?: Logger;
  /** The collector reaches Postgres through this port of the machine, where a test has a proxy. */
  readonly databasePort?: number;
}

/** A whole collector in this process, with a database of its own. */
export async function startTestCollector({
  settings = {},
  clock,
  log,
  databasePort,
}: TestCollectorOptions = {}): Promise<TestCollector> {
  const folder = await mkdtemp(path.join(tmpdir(), 'hq-collector-'));
  const database = await createTestDatabase();
  const parts = { log: log ?? pino({ level: 'silent' }), ...(clock && { clock }) };
  const adminTokenFile = path.join(folder, 'admin-token');
  const config = (overrides: Record<string, string>) =>
    readConfig({
      DATABASE_URL: throughPort(database.url, databasePort),
      HQ_PORT: '0',
      HQ_ADMIN_TOKEN_FILE: adminTokenFile,
      HQ_SHUTDOWN_DEADLINE_MS: '2000',
      ...settings,
      ...overrides,
    });

  const started: Collector[] = [];
  const start = async (overrides: Record<string, string> = {}) => {
    const collector = await startCollector(config(overrides), parts);
    started.push(collector);
    return collector;
  };
  const collector = await start();
  return {
    ...collector,
    database,
    admin: adminClient(collector.url, (await readFile(adminTokenFile, 'utf8')).trim()),
    replica: start,
    async stop() {
      for (const one of started) await one.stop();
      await database.drop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
