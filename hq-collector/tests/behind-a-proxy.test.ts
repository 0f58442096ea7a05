import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { startTestCollector, type TestCollector } from '@hq-sync/testkit/test-collector';
import { push, saleRecord } from '@hq-sync/testkit/wire-store';
import { subprotocol } from '@hq-sync/protocol/version';
import pino from 'pino';
import WebSocket from 'ws';
import { ConfigError, readConfig } from '../src/config.js';

let hq: TestCollector;
let logged: { msg: string; source?: string; remoteAddress?: string }[];
const start = async (trusted?: string) => {
  logged = [];
  hq = await startTestCollector({
    log: pino({ level: 'debug' }, { write: (line) => void logged.push(JSON.parse(line)) }),
    settings: { HQ_ADMIN_REFUSALS_PER_MINUTE: '2', ...(trusted && { HQ_TRUSTED_PROXIES: trusted }) },
  });
};
afterEach(async () => {
  await hq?.stop();
  hq = undefined!;
});

/** Asks as the proxy on this machine does that was itself asked by these, the last of them being who asked it. */
const admin = (path: string, forwardedFor: string, token = hq.admin.token, method = 'GET') =>
  fetch(`${hq.url}/admin/v1${path}`, {
    method,
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      'x-forwarded-for': forwardedFor,
    },
    ...(method === 'POST' && {
      body: JSON.stringify({ storeId: 's1', name: 'S1', timezone: 'UTC', currency: 'USD' }),
    }),
  });
const sourceOf = async () =>
  (
    await hq.database.pool.query<{ source: string }>(
      `select source from hq.audit_log where action = 'store.create'`,
    )
  ).rows[0]!.source;
const connected = async (token: string, forwardedFor: string) => {
  const ws = new WebSocket(`${hq.url.replace('http', 'ws')}/v1/socket`, subprotocol, {
    headers: { authorization: `Bearer ${token}`, 'x-forwarded-for': forwardedFor },
  });
  ws.on('error', () => undefined);
  await new Promise((resolve) => ws.once('close', resolve).once('unexpected-response', resolve));
};

describe('behind a trusted proxy', () => {
  beforeEach(() => start('127.0.0.0/8, ::1'));

  test('the audit names who asked, by what the proxy saw and not by what it was told', async () => {
    expect((await admin('/stores', '192.0.2.1, 203.0.113.7', undefined, 'POST')).status).toBe(201);
    expect(await sourceOf()).toBe('203.0.113.7');
  });

  test("one address's wrong tokens leave the others alone", async () => {
    for (const status of [401, 401, 429])
      expect((await admin('/stores', '203.0.113.7', 'wrong')).status).toBe(status);
    expect((await admin('/stores', '203.0.113.8')).status).toBe(200);
    expect((await admin('/stores', '203.0.113.8, 203.0.113.7')).status).toBe(429);
  });

  test('a store is logged with its own address, by the socket and by a push', async () => {
    await connected('wrong', '203.0.113.9');
    expect(logged.find(({ msg }) => msg === 'token rejected')).toMatchObject({ source: '203.0.113.9' });
    logged.length = 0;
    await push(hq.url, 'wrong', [saleRecord('a')], { headers: { 'x-forwarded-for': '203.0.113.10' } });
    expect(logged.find(({ msg }) => msg === 'token rejected')).toMatchObject({ source: '203.0.113.10' });
  });

  test('without a header, or with nonsense in it, the proxy is who asked', async () => {
    expect((await admin('/stores', 'nonsense, ,', undefined, 'POST')).status).toBe(201);
    expect(await sourceOf()).toContain('127.0.0.1');
  });
});

test.each(['10.0.0.0/99', 'proxy.example', '10.0.0.1,,'])('%s names no proxy', (trusted) => {
  const read = () => readConfig({ DATABASE_URL: 'postgres://hq@127.0.0.1/hq', HQ_TRUSTED_PROXIES: trusted });
  expect(read).toThrow(ConfigError);
  expect(read).toThrow(/HQ_TRUSTED_PROXIES: addresses or subnets, with commas/);
});

test('nobody is believed who is not named', async () => {
  await start();
  expect((await admin('/stores', '203.0.113.7', undefined, 'POST')).status).toBe(201);
  expect(await sourceOf()).toContain('127.0.0.1');
  await connected('wrong', '203.0.113.9');
  expect(logged.find(({ msg }) => msg === 'token rejected')?.source).toContain('127.0.0.1');
});
