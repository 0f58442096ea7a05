import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { chmod, cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startCluster, type Cluster } from '@hq-sync/local-postgres/cluster';
import { createDatabase } from '@hq-sync/local-postgres/database';
import { adminClient, type AdminClient } from '@hq-sync/testkit/admin-client';
import { eventually } from '@hq-sync/testkit/eventually';
import { push, saleRecord, WireStore } from '@hq-sync/testkit/wire-store';
import pg from 'pg';
import pino from 'pino';
import { startCollector, type Collector } from '../../src/collector.js';
import { readConfig } from '../../src/config.js';
import { maxStaleMs } from '../../src/metrics/stores-endpoint.js';
import { scrape, scrapeFamilies, storeValue } from './living-fleet.js';
import { readStrictly, valueOf, type Family } from './strict-text.js';

// A server of its own, for it is stopped, and once set back to an older state, under the living collector.
let folder: string;
let cluster: Cluster;
let hq: Collector;
let admin: AdminClient;
let token: string;
let store: WireStore;

const dataDir = () => path.join(folder, 'postgres');
const settings = () => ({
  DATABASE_URL: cluster.url('hq'),
  HQ_PORT: '0',
  HQ_ADMIN_TOKEN_FILE: path.join(folder, 'admin-token'),
  HQ_SHUTDOWN_DEADLINE_MS: '2000',
});
const start = () => startCollector(readConfig(settings()), { log: pino({ level: 'silent' }) });

async function sql(text: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: cluster.url('hq') });
  await client.connect();
  try {
    return (await client.query(text)).rows as Record<string, unknown>[];
  } finally {
    await client.end();
  }
}

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'hq-without-postgres-'));
  await chmod(folder, 0o755); // PostgreSQL runs as another user than root and must get in
  cluster = await startCluster({ dataDir: dataDir() });
  await createDatabase(cluster, 'hq');
  hq = await start();
  admin = adminClient(hq.url, (await readFile(path.join(folder, 'admin-token'), 'utf8')).trim());
  await admin.createStore({ storeId: 's1' });
  token = (await admin.generateToken('s1')).token;
  store = await WireStore.connect(hq.url, token);
  await push(hq.url, token, [saleRecord('a'), saleRecord('b')]);
  await eventually(
    'connected',
    () => scrapeFamilies(hq.url),
    (families) => storeValue(families, 'hq_store_connected', 's1') === 1,
  );
});
afterAll(async () => {
  await store?.close();
  await hq?.stop();
  await cluster?.stop();
  await rm(folder, { recursive: true, force: true });
});

const recordsOf = (families: ReadonlyMap<string, Family>) =>
  valueOf(families, 'hq_store_entity_records_total', { store_id: 's1', entity: 'sales', direction: 'push' });

async function pushUntilTaken(ids: string[]): Promise<void> {
  await eventually(
    'a push is taken',
    () =>
      push(
        hq.url,
        token,
        ids.map((id) => saleRecord(id)),
      ),
    ({ status }) => status === 200,
  );
}

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly askedAtMs: number;
  readonly answeredAtMs: number;
}

async function ask(): Promise<Answer> {
  const askedAtMs = performance.now();
  const response = await fetch(`${hq.url}/metrics/stores`);
  return { status: response.status, text: await response.text(), askedAtMs, answeredAtMs: performance.now() };
}

async function startPostgresAgain(): Promise<void> {
  const { port } = cluster;
  cluster = await startCluster({ dataDir: dataDir(), port });
}

test('without Postgres the last answer stands for 15 s and not longer; with it, all is as before by itself', async () => {
  const last = await ask();
  expect(last.status).toBe(200);
  expect(recordsOf(readStrictly(last.text))).toBe(2);
  await cluster.stop();

  const answers: Answer[] = [];
  const refused = await eventually(
    '503',
    async () => {
      const answer = await ask();
      answers.push(answer);
      return answer;
    },
    ({ status }) => status !== 200,
    maxStaleMs + 10_000,
  );
  const old = answers.slice(0, -1);
  expect(old.length).toBeGreaterThan(10);
  // The data was read at some moment between the question and the answer of the last scrape that found Postgres.
  for (const { text, askedAtMs } of old) {
    expect(text).toBe(last.text);
    expect(askedAtMs - last.answeredAtMs).toBeLessThan(maxStaleMs);
  }
  expect(refused.status).toBe(503);
  expect(refused.answeredAtMs - last.askedAtMs).toBeGreaterThanOrEqual(maxStaleMs);
  expect(JSON.parse(refused.text)).toMatchObject({ status: 503, code: 'database_unavailable', retry: true });
  // The process still tells of itself.
  expect(valueOf(readStrictly(await scrape(hq.url, '/metrics')), 'hq_collector_lease_held')).toBe(0);

  await startPostgresAgain();
  await pushUntilTaken(['c']);
  const families = await eventually(
    'green again',
    async () => {
      const answer = await ask();
      return answer.status === 200 ? readStrictly(answer.text) : undefined;
    },
    (found) => found !== undefined && storeValue(found, 'hq_store_connected', 's1') === 1,
  );
  expect(recordsOf(families!)).toBe(3);
});

test('a database that is set back to a backup under the living collector is told as it now is', async () => {
  await sql(`update hq.store_entity set changed_at = changed_at - interval '1 hour'`);
  await cluster.stop();
  await cp(dataDir(), `${dataDir()}-backup`, { recursive: true });
  await startPostgresAgain();
  await pushUntilTaken(['d', 'e', 'f']);
  // A kind of failure that the backup does not know: its total must go, too.
  await push(hq.url, token, [saleRecord('g')], { headers: { 'hq-schema-version': '1' } });
  const errors = { store_id: 's1', kind: 'schema_mismatch' };
  await eventually(
    'all is counted',
    () => scrapeFamilies(hq.url),
    (families) => recordsOf(families) === 6 && valueOf(families, 'hq_store_sync_errors_total', errors) === 1,
  );

  await cluster.stop();
  await rm(dataDir(), { recursive: true });
  await cp(`${dataDir()}-backup`, dataDir(), { recursive: true });
  await startPostgresAgain();
  expect(await sql(`select records_total::int as total from hq.store_entity`)).toEqual([{ total: 3 }]);
  const families = await eventually(
    'what the database has',
    () => scrapeFamilies(hq.url),
    (found) => recordsOf(found) === 3,
  );
  expect(valueOf(families, 'hq_store_sync_errors_total', errors)).toBe(0);
});

test('no counter falls and none is lost when the only collector stops and another starts', async () => {
  await pushUntilTaken(['h', 'i']);
  await push(hq.url, token, [saleRecord('j')], { headers: { 'hq-schema-version': '1' } });
  await store.close();
  const counters = (families: ReadonlyMap<string, Family>) =>
    [...families.values()]
      .filter(({ type }) => type === 'counter')
      .flatMap(({ samples }) => samples)
      .map(({ name, labels, value }) => ({ series: `${name} ${JSON.stringify([...labels])}`, value }));
  const ended = { store_id: 's1', reason: 'agent stopped' };
  const before = await eventually(
    'the end of the connection is counted',
    () => scrapeFamilies(hq.url),
    (families) => valueOf(families, 'hq_store_disconnects_total', ended) === 1,
  );
  expect(recordsOf(before)).toBe(5);

  await hq.stop();
  hq = await start();
  expect(counters(await scrapeFamilies(hq.url))).toEqual(counters(before));
  await pushUntilTaken(['k']);
  const after = await scrapeFamilies(hq.url);
  expect(recordsOf(after)).toBe(6);
  const values = new Map(counters(after).map(({ series, value }) => [series, value]));
  for (const { series, value } of counters(before))
    expect([series, values.get(series)! >= value]).toEqual([series, true]);
});
