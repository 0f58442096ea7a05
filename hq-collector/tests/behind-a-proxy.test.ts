import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { adminClient } from '@hq-sync/testkit/admin-client';
import { startTestCollector, type TestCollector } from '@hq-sync/testkit/test-collector';
import { push, saleRecord, WireStore } from '@hq-sync/testkit/wire-store';
import pino from 'pino';
import { ConfigError, readConfig } from '../src/config.js';

let hq: TestCollector;
let logged: { msg: string; source?: string; remoteAddress?: string }[];
const start = async (trusted?: string) => {
  logged = [];
  hq = await startTestCollector({
    log: pino({ level: 'debug' }, { write: (line) => void logged.push(JSON.parse(line)) }),
    settings: {
      HQ_ADMIN_REFUSALS_PER_MINUTE: '2',
      HQ_PAGE_LOGIN: 'on',
      ...(trusted && { HQ_TRUSTED_PROXIES: trusted }),
    },
  });
};
afterEach(async () => {
  await hq?.stop();
  hq = undefined!;
});

/** What the proxy on this machine writes that was itself asked by these, the last of them being who asked it. */
const forwarded = (by: string) => ({ 'x-forwarded-for': by });
const askedBy = (by: string, token = hq.admin.token) => adminClient(hq.url, token, forwarded(by));
const wrongCode = JSON.stringify({ code: `hqe_${'a'.repeat(43)}`, secretHash: '0'.repeat(64) });
const sourceOf = async () =>
  (
    await hq.database.pool.query<{ source: string }>(
      `select source from hq.audit_log where action = 'store.create'`,
    )
  ).rows[0]!.source;
const refusedSocket = (by: string) =>
  expect(WireStore.open(hq.url, 'wrong', forwarded(by))).rejects.toThrow('401');

describe('behind a trusted proxy', () => {
  beforeEach(() => start('127.0.0.0/8, ::1'));

  test('the audit names who asked, by what the proxy saw and not by what it was told', async () => {
    await askedBy('192.0.2.1, 203.0.113.7').createStore({ storeId: 's1' });
    expect(await sourceOf()).toBe('203.0.113.7');
  });

  test("one address's wrong tokens leave the others alone", async () => {
    for (const status of [401, 401, 429])
      expect((await askedBy('203.0.113.7', 'wrong').call('GET', '/stores')).status).toBe(status);
    expect((await askedBy('203.0.113.8').call('GET', '/stores')).status).toBe(200);
    expect((await askedBy('203.0.113.8, 203.0.113.7').call('GET', '/stores')).status).toBe(429);
  });

  test.each([
    { what: 'enrolment code', path: '/v1/enrol', body: wrongCode, refused: 403 },
    { what: 'login to the page', path: '/login', body: 'token=wrong', refused: 401 },
  ])("one address's wrong $what leaves the others alone", async ({ path, body, refused }) => {
    const statusFor = async (by: string) => {
      const headers = { ...forwarded(by), 'content-type': 'application/x-www-form-urlencoded' };
      return (await fetch(`${hq.url}${path}`, { method: 'POST', body, headers })).status;
    };
    const statuses = [];
    for (let tries = 0; tries < 40; tries += 1) statuses.push(await statusFor('203.0.113.7'));
    expect([statuses[0], statuses.at(-1)]).toEqual([refused, 429]);
    expect(await statusFor('203.0.113.8')).toBe(refused);
  });

  test('a store is logged with its own address, by the socket and by a push', async () => {
    await refusedSocket('203.0.113.9');
    expect(logged.find(({ msg }) => msg === 'token rejected')).toMatchObject({ source: '203.0.113.9' });
    logged.length = 0;
    await push(hq.url, 'wrong', [saleRecord('a')], { headers: forwarded('203.0.113.10') });
    expect(logged.find(({ msg }) => msg === 'token rejected')).toMatchObject({ source: '203.0.113.10' });
  });

  test.each([
    ['192.0.2.1:50912, 203.0.113.7:443', '203.0.113.7'],
    ['[2001:db8::7]:50912', '2001:db8::7'],
    ['[2001:db8::7]', '2001:db8::7'],
    ['2001:db8::7', '2001:db8::7'],
  ])('%s: an address is who asked, with a port or without', async (by, source) => {
    await askedBy(by).createStore({ storeId: 's1' });
    expect(await sourceOf()).toBe(source);
  });

  test('with nonsense in its header the proxy is who asked', async () => {
    await askedBy('nonsense, ,').createStore({ storeId: 's1' });
    expect(await sourceOf()).toContain('127.0.0.1');
  });

  test('without a header the proxy is who asked', async () => {
    await hq.admin.createStore({ storeId: 's1' });
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
  await askedBy('203.0.113.7').createStore({ storeId: 's1' });
  expect(await sourceOf()).toContain('127.0.0.1');
  await refusedSocket('203.0.113.9');
  expect(logged.find(({ msg }) => msg === 'token rejected')?.source).toContain('127.0.0.1');
});
