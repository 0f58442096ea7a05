import { randomUUID } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import { networkInterfaces } from 'node:os';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { eventually } from '@hq-sync/testkit/eventually';
import { PageViewer } from '@hq-sync/testkit/page-events';
import { PulledCopy } from '@hq-sync/testkit/pull-client';
import { startTestCollector, type TestCollector } from '@hq-sync/testkit/test-collector';
import { heartbeatOf, push, saleRecord, WireStore } from '@hq-sync/testkit/wire-store';

let hq: TestCollector;
const viewers: PageViewer[] = [];
const stores: WireStore[] = [];
beforeAll(async () => {
  hq = await startTestCollector({ settings: { HQ_GRAFANA_URL: 'https://grafana.example/d/stores' } });
});
afterEach(async () => {
  for (const viewer of viewers.splice(0)) await viewer.close();
  for (const store of stores.splice(0)) store.ws.terminate();
});
afterAll(() => hq.stop());

async function view(path: string, seen?: string): Promise<PageViewer> {
  const viewer = await PageViewer.open(hq.url, path, seen === undefined ? {} : { seen });
  viewers.push(viewer);
  return viewer;
}

async function newStore(storeId: string, fields: object = {}): Promise<{ token: string; store: WireStore }> {
  await hq.admin.createStore({ storeId, ...fields });
  const { token } = await hq.admin.generateToken(storeId);
  const store = await WireStore.connect(hq.url, token, { agentVersion: '7.1' });
  stores.push(store);
  return { token, store };
}

/** GET with a head that `fetch` would not let be set. */
const get = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
  new Promise<{ status: number; headers: Record<string, unknown>; text: string }>((resolve, reject) => {
    const request = httpRequest(`${hq.url}${path}`, { agent: false, headers, method }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      response.on('end', () => resolve({ status: response.statusCode!, headers: response.headers, text }));
    });
    request.on('error', reject).end();
  });
const becomes = (viewer: PageViewer, key: string, text: string | RegExp) =>
  eventually(
    `${key} says ${text}`,
    () => viewer.piece(key) ?? '',
    (html) => (typeof text === 'string' ? html.includes(text) : text.test(html)),
  );

describe('the list of stores', () => {
  test('is a whole page without its script, under a policy that lets nothing else in', async () => {
    await newStore('main', { name: 'Main & <b>Co</b> "Store"', region: 'north' });
    const page = await eventually(
      'the store is connected',
      () => get('/'),
      ({ text }) => text.includes('data-group="connected"'),
    );
    expect(page.status).toBe(200);
    expect(page.headers['content-security-policy']).toMatch(/^default-src 'none'; script-src 'self';/);
    expect(page.headers['cache-control']).toBe('no-store');
    expect(page.text).toMatch(/<html\s+lang="en"/);
    expect(page.text).toContain('Main &amp; &lt;b&gt;Co&lt;/b&gt; &quot;Store&quot;');
    expect(page.text).not.toContain('<b>Co');
    expect((await get('/stores/main')).text).toContain('<title>Main &amp; &lt;b&gt;Co');
    expect(page.text).not.toMatch(/\son[a-z]+="|<style|style="|<script(?! src)/);
    expect(page.text).toContain('https://grafana.example/d/stores');
    for (const address of ['/metrics', '/metrics/stores', '/openapi.json'])
      expect(page.text).toContain(`href="${address}"`);
    expect((await get('/', {}, 'HEAD')).text).toBe('');
  });

  test('brings a push, a till and a cut to who looks, and only what has changed', async () => {
    const { token, store } = await newStore('live', { currency: 'JPY' });
    await newStore('idle');
    const viewer = await view('/events/stores');
    expect(viewer.status).toBe(200);
    for (const storeId of ['live', 'idle'])
      await becomes(viewer, `store:${storeId}`, 'data-group="connected"');
    expect(viewer.changes[0]).toMatchObject({ whole: true });
    const idle = () => viewer.changes.flatMap(({ pieces }) => pieces).filter(([key]) => key === 'store:idle');
    const before = idle().length;
    await push(hq.url, token, [saleRecord('a', { currency: 'JPY', grossMinor: 1_234 })]);
    await becomes(viewer, 'store:live', '¥1,234');
    store.send(heartbeatOf({ openRegisters: [{ terminalId: 'T1', openedAt: new Date().toISOString() }] }));
    await becomes(viewer, 'store:live', /data-label="Open tills">1</);
    store.ws.terminate();
    await becomes(viewer, 'store:live', 'socket closed');
    expect(viewer.piece('store:live')).toContain('data-group="disconnected"');
    expect(viewer.piece('summary')).toContain('JPY');
    expect(idle()).toHaveLength(before);
    await eventually(
      'a reading without news',
      () => viewer.changes.at(-1)!,
      ({ pieces }) => pieces.length === 0,
    );
  });

  test('gives a page that comes back what it missed, and all of it to a page of another process', async () => {
    const first = await view('/events/stores');
    const { run, version } = await eventually(
      'a change',
      () => first.changes[0],
      (change) => change !== undefined,
    ).then((change) => change!);
    const again = await view('/events/stores', `${run}:${version}`);
    const foreign = await view('/events/stores', `00000000-0000-0000-0000-000000000000:${version}`);
    await eventually(
      'both have news',
      () => [again, foreign],
      (both) => both.every((one) => one.changes.length > 0),
    );
    expect(again.changes[0]).toMatchObject({ whole: false, pieces: [] });
    expect(foreign.changes[0]).toMatchObject({ whole: true });
    expect(foreign.changes[0]!.pieces.length).toBe(first.changes[0]!.pieces.length);
  });

  test('forgets a store that is archived', async () => {
    await hq.admin.createStore({ storeId: 'going' });
    const viewer = await view('/events/stores');
    await becomes(viewer, 'store:going', 'no store server');
    await hq.admin.call('POST', '/stores/going/archive', {});
    await eventually(
      'all but it come',
      () => viewer.changes.at(-1)!,
      ({ whole }) => !whole,
    );
    const whole = viewer.changes.findLast((change) => change.whole)!;
    expect(whole.pieces.map(([key]) => key)).not.toContain('store:going');
  });
});

describe('the page of a store', () => {
  test('shows errors with what is to be done, quarantine, tills in store time, the log', async () => {
    const { token, store } = await newStore('detail', { timezone: 'America/Denver' });
    const viewer = await view('/events/stores/detail');
    await becomes(viewer, 'header', 'connected');
    expect(viewer.piece('errors')).toContain('No errors');
    await push(hq.url, token, [saleRecord('bad', { grossMinor: -1 }), saleRecord('good')]);
    await becomes(viewer, 'quarantine', 'bad');
    expect(await becomes(viewer, 'errors', 'record rejected')).toContain('Look, correct, replay.');
    await push(hq.url, token, [saleRecord('x')], { headers: { 'hq-schema-version': '999' } });
    expect(await becomes(viewer, 'errors', 'schema mismatch')).toContain('Update the store server.');
    store.send(heartbeatOf({ openRegisters: [{ terminalId: 'till-7', openedAt: '2026-11-23T16:15:00Z' }] }));
    expect(await becomes(viewer, 'registers', 'till-7')).toContain('Nov 23, 09:15');
    expect(viewer.piece('log')).toContain('schema mismatch');
    expect(viewer.piece('days')).toContain('$10.00');
    expect(viewer.piece('entities')).toContain('inventory adjustments');
    await hq.admin.call('POST', '/stores/detail/resync', {});
    await becomes(viewer, 'resyncs', '<progress');
    expect(viewer.piece('pulls')).toContain('tax rates');
    const page = await get('/stores/detail');
    expect(page.status).toBe(200);
    expect(page.text).toContain('till-7');
  });

  test('says what waits for the store at HQ, entity by entity, and since when', async () => {
    const { token } = await newStore('behind');
    const copy = new PulledCopy(hq.url, token, 'departments');
    const change = (price: number) =>
      hq.admin.changeRecords(
        'departments',
        [1, 2, 3].map((n) => ({ id: `d${n}`, data: { price } })),
      );
    await change(1);
    await copy.pullAll();
    const viewer = await view('/events/stores/behind');
    await becomes(viewer, 'pulls', /departments<.*?up to date/s);
    expect(viewer.piece('pulls')).toMatch(/tax rates<.*?up to date/s);
    await change(2);
    await becomes(
      viewer,
      'entities',
      />departments<[^>]*>\s*<td[^>]*>↓ pull<(.(?!<tr))*?"number">3<\/td>\s*<td><time/s,
    );
    await becomes(viewer, 'pulls', /departments<.*?3 to come/s);
    await becomes(viewer, 'header', /Waiting at HQ<\/dt>\s*<dd>3, the oldest <time/);
    // What stands above is older than it should be at a connected store.
    await hq.database.pool.query(
      `update hq.set_publication set published_at = published_at - interval '6 minutes' where entity = 'departments'`,
    );
    await becomes(viewer, 'header', 'pulls are behind');
    await copy.pullAll();
    await becomes(viewer, 'pulls', /departments<.*?up to date/s);
    await becomes(viewer, 'header', /Waiting at HQ<\/dt>\s*<dd><span class="none">0</);
    expect(viewer.piece('header')).not.toContain('pulls are behind');
  });

  test('says that a resync stands still', async () => {
    const { token } = await newStore('stalling');
    const viewer = await view('/events/stores/stalling');
    await becomes(viewer, 'header', 'connected');
    await hq.admin.changeRecords('users', [{ id: 'u1', data: {} }]);
    const { body: job } = await hq.admin.call('POST', '/stores/stalling/resync', { entities: ['users'] });
    await becomes(viewer, 'resyncs', 'running');
    expect(viewer.piece('resyncs')).not.toContain('stalled');
    await hq.database.pool.query(
      `update hq.resync_entity set progressed_at = progressed_at - interval '6 minutes' where job_id = $1`,
      [job.jobId],
    );
    await becomes(viewer, 'resyncs', /running<small class="look">⚠ stalled: last progress <time/);
    await new PulledCopy(hq.url, token, 'users').pullAll();
    expect(await becomes(viewer, 'resyncs', 'done')).not.toContain('stalled');
  });

  test('says when its token ends, and warns of it in time', async () => {
    await newStore('ending');
    const viewer = await view('/events/stores/ending');
    await becomes(viewer, 'header', /Token<\/dt>\s*<dd>does not expire</);
    const use = async (expiresInDays: number) => {
      const { token } = await hq.admin.generateToken('ending', { expiresInDays });
      stores.push(await WireStore.connect(hq.url, token));
    };
    await use(15);
    await becomes(viewer, 'header', /Token<\/dt>\s*<dd>expires <time/);
    await use(13);
    await becomes(viewer, 'header', /Token<\/dt>\s*<dd><strong>⚠ expires <time/);
    const { body } = await hq.admin.call('GET', '/stores/ending/tokens');
    for (const { tokenId } of body.items) await hq.admin.call('DELETE', `/stores/ending/tokens/${tokenId}`);
    await becomes(viewer, 'header', /Token<\/dt>\s*<dd><strong>none works</);
  });

  test('is 404 for a store that is not there', async () => {
    const page = await get('/stores/nobody%3Cscript%3E');
    expect(page.status).toBe(404);
    expect(page.text).toContain('nobody&lt;script&gt;');
    expect(page.text).not.toContain('<script'); // nothing will be new: it must not say that the news stay away
    const viewer = await view('/events/stores/nobody');
    await becomes(viewer, 'header', 'No such store');
    expect((await get('/stores/%ff')).status).toBe(404);
  });
});

describe('who may see it', () => {
  const port = () => hq.port;
  test.each([
    ['a name of somebody else', { host: 'evil.example' }],
    ['an address of the network', { host: '192.168.1.5:8080' }],
    ['a name that only begins like ours', { host: 'localhost.evil.example' }],
    ['a proxy that asks for another', { 'x-forwarded-for': '203.0.113.9' }],
    ['a script of another site', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'cors' }],
  ])('%s is refused, everywhere', async (_, headers: Record<string, string>) => {
    for (const path of ['/', '/stores/main', '/events/stores', '/events/stores/main', '/page/page.js']) {
      const answer = await get(path, headers);
      expect(answer.status).toBe(403);
      expect(answer.text).toMatch(/^[A-Z].*\.\n$/s);
    }
  });

  test.each(['localhost', '127.0.0.1', '127.1.2.3', '[::1]', 'LOCALHOST'])('%s is let in', async (host) => {
    expect((await get('/page/page.css', { host: `${host}:${port()}` })).status).toBe(200);
  });

  const own = Object.values(networkInterfaces())
    .flat()
    .find((address) => address?.family === 'IPv4' && !address.internal)?.address;
  if (own === undefined) console.warn('skipped: this machine has no address but its loopback'); // eslint-disable-line no-console -- a skip must be loud
  (own === undefined ? test.skip : test)(
    'another machine is refused, whatever name it asks for',
    async () => {
      const open = await hq.replica({ HQ_HOST: '0.0.0.0' });
      const ask = (address: string) =>
        new Promise<number>((resolve, reject) => {
          const options = { host: address, port: open.port, agent: false, headers: { host: 'localhost' } };
          httpRequest(options, (response) => resolve(response.resume().statusCode!))
            .on('error', reject)
            .end();
        });
      expect(await ask('127.0.0.1')).toBe(200);
      expect(await ask(own!)).toBe(403);
    },
  );

  test('a link from another site opens it', async () => {
    expect((await get('/', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' })).status).toBe(
      200,
    );
  });

  test('it cannot be written to', async () => {
    expect((await get('/', {}, 'POST')).status).toBe(404);
  });
});

test('whatever is stored is text on the page: ids, names, versions, tills, messages, notes', async () => {
  const evil = `"'><svg/onload=alert(1)><script>alert(1)</script>`;
  const storeId = `evil${evil}`;
  const { token, store } = await newStore(storeId, { name: evil, region: evil });
  store.send(
    heartbeatOf({
      openRegisters: [{ terminalId: evil, openedAt: new Date().toISOString(), cashierId: evil }],
    }),
  );
  await push(hq.url, token, [
    saleRecord(evil, { terminalId: evil }),
    saleRecord(`${evil}2`, { currency: evil }),
  ]);
  const report = {
    code: 'store_timeout',
    entity: 'sales',
    direction: 'push',
    attempts: 1,
    message: evil,
  } as const;
  store.send({
    type: 'report',
    reportId: randomUUID(),
    at: new Date().toISOString(),
    recordId: evil,
    ...report,
  });
  await store.next('report_received');
  const path = `/stores/${encodeURIComponent(storeId)}`;
  const { items } = (await hq.admin.call('GET', `/errors?storeId=${encodeURIComponent(storeId)}`)).body;
  for (const { episodeId } of items) {
    await hq.admin.call('POST', `/errors/${episodeId}/acknowledge`, { note: evil });
    await hq.admin.call('POST', `/errors/${episodeId}/assign`, { assignee: evil });
  }
  await hq.admin.call('POST', `${path}/resync`, {});
  store.send({
    type: 'command_done',
    commandId: (await store.next('command')).commandId,
    outcome: 'refused',
    message: evil,
  });
  await eventually(
    'the heartbeat and the refusal are seen',
    () => hq.admin.call('GET', `${path}/status`),
    ({ body }) => body.openRegisters.length === 1,
  );
  const seen = [await view('/events/stores'), await view(`/events${path}`)];
  const htmlOf = ({ changes }: PageViewer) =>
    changes.flatMap(({ pieces }) => pieces.map(([, markup]) => markup)).join('');
  for (const viewer of seen)
    await eventually(
      'it is on the page',
      () => htmlOf(viewer).includes('&lt;svg/onload'),
      (there) => there,
    );
  const texts = [
    ...seen.map(htmlOf),
    await (await fetch(hq.url)).text(),
    await (await fetch(`${hq.url}${path}`)).text(),
    await (await fetch(`${hq.url}/stores/${encodeURIComponent(`${storeId}2`)}`)).text(),
  ];
  for (const text of texts) {
    expect(text).toContain('&lt;svg/onload');
    expect(text).not.toMatch(/<svg|<script>|onload=alert\(1\)>/);
  }
});
