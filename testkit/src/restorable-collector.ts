import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startCollector, type Collector } from '@hq-sync/hq-collector/collector';
import { readConfig } from '@hq-sync/hq-collector/config';
import type pg from 'pg';
import { pino } from 'pino';
import { adminClient, type AdminClient } from './admin-client.js';
import { createTestDatabase, type TestDatabase } from './test-database.js';

/** A whole collector in this process whose database can be backed up and put back. It keeps its address. */
export class RestorableCollector {
  private collector: Collector | undefined;
  private backup: TestDatabase | undefined;
  private port = 0;
  private adminToken = '';

  static async start(): Promise<RestorableCollector> {
    const folder = await mkdtemp(path.join(tmpdir(), 'restorable-hq-'));
    const hq = new RestorableCollector(folder, await createTestDatabase());
    try {
      await hq.serve();
      hq.adminToken = (await readFile(hq.adminTokenFile, 'utf8')).trim();
    } catch (error) {
      await hq.stop();
      throw error;
    }
    return hq;
  }

  private constructor(
    private readonly folder: string,
    private database: TestDatabase,
  ) {}

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get admin(): AdminClient {
    return adminClient(this.url, this.adminToken);
  }

  /** Of the database that HQ has now. */
  get pool(): pg.Pool {
    return this.database.pool;
  }

  async restart(): Promise<void> {
    await this.collector?.stop();
    await this.serve();
  }

  async backUp(): Promise<void> {
    await this.collector?.stop();
    await this.backup?.drop();
    this.backup = await this.database.copy();
    await this.serve();
  }

  /** What came to HQ since the backup is lost, and the backup is none any more. */
  async restore(): Promise<void> {
    if (this.backup === undefined) throw new Error('there is no backup');
    await this.collector?.stop();
    await this.database.drop();
    this.database = this.backup;
    this.backup = undefined;
    await this.serve();
  }

  async stop(): Promise<void> {
    await this.collector?.stop();
    await this.backup?.drop();
    await this.database.drop();
    await rm(this.folder, { recursive: true, force: true });
  }

  private get adminTokenFile(): string {
    return path.join(this.folder, 'admin-token');
  }

  private async serve(): Promise<void> {
    const config = readConfig({
      DATABASE_URL: this.database.url,
      HQ_PORT: String(this.port),
      HQ_ADMIN_TOKEN_FILE: this.adminTokenFile,
      HQ_WATCH_INTERVAL_MS: '200',
      HQ_SHUTDOWN_SPREAD_MS: '0',
      HQ_SHUTDOWN_DEADLINE_MS: '2000',
    });
    this.collector = await startCollector(config, { log: pino({ level: 'silent' }) });
    ({ port: this.port } = this.collector);
  }
}
