import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { adminClient, type AdminClient } from '@hq-sync/testkit/admin-client';
import { eventually } from '@hq-sync/testkit/eventually';
import { createTestDatabase, type TestDatabase } from '@hq-sync/testkit/test-database';
import { heartbeatOf, push, saleRecord, WireStore } from '@hq-sync/testkit/wire-store';
import { OtlpReceiver, type ReceivedSpan } from './otlp-receiver.js';

const main = fileURLToPath(new URL('../dist/main.js', import.meta.url));
/** Above what a sound shutdown takes, and below what an exporter left alone would wait for a dead endpoint (10 s). */
const stopLimitMs = 6_000;

let database: TestDatabase;
let folder: string;
let receiver: OtlpReceiver;
let child: ChildProcess | undefined;
let log = '';

beforeEach(async () => {
  [database, folder, receiver] = await Promise.all([
    createTestDatabase(),
    mkdtemp(path.join(tmpdir(), 'hq-tracing-')),
    OtlpReceiver.listen(),
  ]);
  log = '';
});
afterEach(async () => {
  if (child && child.exitCode === null && child.signalCode === null) {
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  }
  child = undefined;
  await receiver.close();
  await database.drop();
  await rm(folder, { recursive: true, force: true });
});

interface Started {
  readonly url: string;
  readonly admin: AdminClient;
  readonly token: string;
  /** SIGTERM; resolves to how it ended and how long that took. */
  stop(): Promise<{ code: number | null; tookMs: number }>;
}

/** The program itself, as it is started in production, with a store that has a token. */
async function startProgram(env: Record<string, string>): Promise<Started> {
  const started = spawn(process.execPath, [main], {
    env: {
      PATH: process.env['PATH'] ?? '',
      DATABASE_URL: database.url,
      HQ_PORT: '0',
      HQ_ADMIN_TOKEN_FILE: path.join(folder, 'admin-token'),
      HQ_SHUTDOWN_DEADLINE_MS: '2000',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  child = started;
  for (const stream of [started.stdout, started.stderr])
    stream?.on('data', (chunk: Buffer) => (log += chunk.toString()));
  const [message] = (await Promise.race([
    once(started, 'message'),
    once(started, 'exit').then(() => Promise.reject(new Error(`it ended at once: ${log}`))),
  ])) as [{ url: string }];
  const admin = adminClient(message.url, (await readFile(path.join(folder, 'admin-token'), 'utf8')).trim());
  await admin.createStore({ storeId: 's1' });
  const { token } = await admin.generateToken('s1');
  return {
    url: message.url,
    admin,
    token,
    async stop() {
      const startedMs = performance.now();
      const exited = once(started, 'exit') as Promise<[number | null]>;
      started.kill('SIGTERM');
      const [code] = await exited;
      return { code, tookMs: performance.now() - startedMs };
    },
  };
}

const firstWord = (statement: string) => /\w+/.exec(statement)![0];
const hex = (bytes: number) => randomBytes(bytes).toString('hex');

test('a push is one trace below that of its sender: the request, its statements, its transaction', async () => {
  const hq = await startProgram({ OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url });
  const [traceId, parentId] = [hex(16), hex(8)];
  const answer = await push(hq.url, hq.token, [saleRecord('a'), saleRecord('b')], {
    headers: { traceparent: `00-${traceId}-${parentId}-01` },
  });
  expect(answer.status).toBe(200);
  await hq.stop();

  expect(receiver.requests.every((request) => request.path === '/v1/traces')).toBe(true);
  const spans = receiver.spans.filter((span) => span.traceId === traceId);
  const [server, ...otherServers] = spans.filter(({ kind }) => kind === 2);
  expect(otherServers).toEqual([]);
  expect(server).toMatchObject({
    name: 'POST /v1/push/:entity',
    parentSpanId: parentId,
    status: 0,
    attributes: {
      'http.request.method': 'POST',
      'http.route': '/v1/push/:entity',
      'http.response.status_code': 200,
      'url.path': '/v1/push/sales',
    },
    resource: { 'service.name': 'hq-collector', 'service.version': '0.1.0' },
  });

  // Every other span hangs below the request, by however many steps.
  const byId = new Map(spans.map((span) => [span.spanId, span]));
  const rootOf = (span: ReceivedSpan): ReceivedSpan => {
    const parent = byId.get(span.parentSpanId ?? '');
    return parent ? rootOf(parent) : span;
  };
  for (const span of spans) expect(rootOf(span).spanId).toBe(server!.spanId);

  const statements = spans.filter(({ attributes }) => attributes['db.query.text'] !== undefined);
  const texts = statements.map(({ attributes }) => String(attributes['db.query.text']));
  for (const part of ['hq.store_token', 'copy hq.pushed_record', 'insert into hq.sync_log'])
    expect(texts).toContainEqual(expect.stringContaining(part));
  // Each statement of the transaction once: instrumented twice, it would be there twice.
  const [begin, ...rest] = texts.map(firstWord).slice(texts.map(firstWord).indexOf('begin'));
  expect([begin, rest.at(-1)]).toEqual(['begin', 'commit']);
  expect(rest.filter((word) => ['begin', 'copy', 'commit'].includes(word))).toEqual(['copy', 'commit']);
  for (const statement of statements)
    expect(statement).toMatchObject({ kind: 3, status: 0, attributes: { 'db.system.name': 'postgresql' } });
});

test('a push that fails in the database says so in its trace', async () => {
  const hq = await startProgram({ OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url });
  await database.pool.query(`
    create function break() returns trigger language plpgsql as $$ begin raise exception 'broken'; end $$;
    create trigger break before insert on hq.pushed_record for each row execute function break();`);
  const traceId = hex(16);
  const answer = await push(hq.url, hq.token, [saleRecord('a')], {
    headers: { traceparent: `00-${traceId}-${hex(8)}-01` },
  });
  expect(answer.status).toBe(500);
  await hq.stop();
  const spans = receiver.spans.filter((span) => span.traceId === traceId);
  expect(spans.find(({ kind }) => kind === 2)).toMatchObject({
    status: 2,
    attributes: { 'http.response.status_code': 500 },
  });
  const statements = spans
    .filter(({ attributes }) => attributes['db.query.text'] !== undefined)
    .map(({ attributes, status }) => [firstWord(String(attributes['db.query.text'])), status]);
  const begin = statements.findIndex(([word]) => word === 'begin');
  const rollback = statements.findIndex(([word]) => word === 'rollback');
  expect(statements.slice(begin, rollback).map(([word]) => word)).not.toContain('commit');
  expect(statements.filter(([, status]) => status !== 0)).toEqual([['copy', 2]]);
});

test("a socket's hello and heartbeats are spans with their store, the hello's statements below it", async () => {
  const hq = await startProgram({ OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url });
  const store = await WireStore.connect(hq.url, hq.token);
  store.send(heartbeatOf());
  await eventually(
    'the heartbeat has come',
    async () => (await fetch(`${hq.url}/metrics`)).text(),
    (text) => text.includes('hq_collector_heartbeats_total 1'),
  );
  await hq.stop();
  await store.closed;
  const named = (name: string) => receiver.spans.filter((span) => span.name === name);
  const [hello] = named('socket hello');
  expect(named('socket hello')).toHaveLength(1);
  expect(named('socket heartbeat')).toHaveLength(1);
  for (const span of [...named('socket hello'), ...named('socket heartbeat')])
    expect(span).toMatchObject({
      scope: 'hq-collector',
      status: 0,
      attributes: { 'hq.store_id': 's1' },
      parentSpanId: undefined,
    });
  const below = receiver.spans.filter(({ parentSpanId }) => parentSpanId === hello!.spanId);
  expect(below.map(({ attributes }) => attributes['db.query.text'])).toContainEqual(
    expect.stringContaining('hq.store_command'),
  );
  // Looking at the process is nobody's request, and its own loops (lease, watch, flush) have no trace.
  const served = receiver.spans.filter(({ kind }) => kind === 2).map(({ name }) => name);
  expect(new Set(served)).toEqual(
    new Set(['POST /admin/v1/stores', 'POST /admin/v1/stores/:storeId/tokens']),
  );
  const roots = receiver.spans.filter(({ parentSpanId }) => parentSpanId === undefined);
  expect(roots.filter(({ attributes }) => attributes['db.query.text'] !== undefined)).toEqual([]);
});

test('no token, no password and no header is in anything that is sent', async () => {
  const hq = await startProgram({ OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url });
  await push(hq.url, hq.token, [saleRecord('a')]);
  await push(hq.url, 'hqs_of-nobody', [saleRecord('a')]);
  const store = await WireStore.connect(hq.url, hq.token);
  const rotated = await hq.admin.generateToken('s1');
  await hq.admin.call('DELETE', `/stores/s1/tokens/${rotated.tokenId}`);
  await push(hq.url, rotated.token, [saleRecord('a')]);
  await hq.stop();
  await store.closed;
  expect(receiver.spans.length).toBeGreaterThan(20);
  const { password } = new URL(database.url);
  expect(password).not.toBe('');
  for (const secret of [hq.token, rotated.token, hq.admin.token, 'hqs_', 'hqa_', password])
    expect(receiver.everything).not.toContain(secret);
  const keys = new Set(receiver.spans.flatMap(({ attributes }) => Object.keys(attributes)));
  expect([...keys].filter((key) => /authorization|header|cookie|password|secret/i.test(key))).toEqual([]);
  expect(receiver.everything).not.toMatch(/bearer/i);
});

test('without an endpoint nothing of it is loaded, and nothing is sent', async () => {
  const coverage = path.join(folder, 'coverage');
  const hq = await startProgram({ NODE_V8_COVERAGE: coverage });
  expect((await push(hq.url, hq.token, [saleRecord('a')])).status).toBe(200);
  expect((await hq.stop()).code).toBe(0);
  const loaded = await loadedScripts(coverage);
  expect(loaded).toContainEqual(expect.stringMatching(/hq-collector\/dist\/collector\.js$/));
  expect(loaded.filter((url) => /@opentelemetry\/(?!api\/)/.test(url))).toEqual([]);
  expect(loaded.filter((url) => /import-in-the-middle|dist\/tracing\.js/.test(url))).toEqual([]);
  expect(receiver.requests).toEqual([]);
});

test('with an endpoint it is loaded: the check above can see it', async () => {
  const coverage = path.join(folder, 'coverage');
  const hq = await startProgram({ NODE_V8_COVERAGE: coverage, OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url });
  await hq.stop();
  const loaded = await loadedScripts(coverage);
  expect(loaded).toContainEqual(expect.stringMatching(/@opentelemetry\/sdk-trace-node\//));
});

/** Every script that the program ran, by what V8 wrote at its end. */
async function loadedScripts(coverage: string): Promise<string[]> {
  const files = await readdir(coverage);
  const reports = await Promise.all(files.map((file) => readFile(path.join(coverage, file), 'utf8')));
  return reports.flatMap((text) =>
    (JSON.parse(text) as { result: { url: string }[] }).result.map(({ url }) => url),
  );
}

test.each(['refuses', 'takes all and never answers'])(
  'an endpoint that %s harms no push and holds up no shutdown',
  async (how) => {
    receiver.isSilent = how !== 'refuses';
    const endpoint = how === 'refuses' ? `http://127.0.0.1:${await closedPort()}` : receiver.url;
    const hq = await startProgram({ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint });
    for (let n = 0; n < 30; n++)
      expect((await push(hq.url, hq.token, [saleRecord(`s${n}`)])).status).toBe(200);
    const { code, tookMs } = await hq.stop();
    expect(code).toBe(0);
    expect(tookMs).toBeLessThan(stopLimitMs);
    expect(log).not.toContain('shutdown failed');
    const { rows } = await database.pool.query('select count(*)::int as records from hq.pushed_record');
    expect(rows).toEqual([{ records: 30 }]);
    if (how !== 'refuses') expect(receiver.requests.length).toBeGreaterThan(0);
  },
);

async function closedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
