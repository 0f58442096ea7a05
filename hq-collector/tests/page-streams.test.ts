import { connect, type Socket } from 'node:net';
import { once } from 'node:events';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { eventually } from '@hq-sync/testkit/eventually';
import { PageViewer } from '@hq-sync/testkit/page-events';
import { startTestCollector, type TestCollector } from '@hq-sync/testkit/test-collector';

let hq: TestCollector;
beforeEach(async () => {
  hq = await startTestCollector();
});
afterEach(() => hq.stop());

/** Of what a collector does by itself, nothing comes within a test that lasts seconds. */
const stillSettings = {
  HQ_WATCH_INTERVAL_MS: '600000',
  HQ_LEASE_MS: '1200000',
  HQ_LEASE_RENEWAL_MS: '600000',
};

/** A number of the process's own metrics. */
async function metric(url: string, series: string): Promise<number> {
  const lines = (await (await fetch(`${url}/metrics`)).text()).split('\n');
  return Number(lines.find((line) => line.startsWith(`${series} `))?.slice(series.length) ?? 0);
}
const statements = (url: string) => metric(url, 'hq_db_query_duration_seconds_count{outcome="success"}');

test('with no viewer nothing is read; a hundred cost the database what one does: two statements a second', async () => {
  const { url } = await hq.replica(stillSettings);
  const viewers = [await PageViewer.open(url, '/events/stores')];
  const readings = async (many: number) => {
    const { changes } = viewers[0]!;
    const from = { statements: await statements(url), changes: changes.length, atMs: performance.now() };
    await eventually(
      'readings',
      () => changes.length,
      (now) => now >= from.changes + many,
    );
    return { statements: (await statements(url)) - from.statements, tookMs: performance.now() - from.atMs };
  };
  await readings(3); // the collector reads what waits once its listener listens
  const ofOne = await readings(3);
  expect(ofOne.statements).toBe(6);
  expect(ofOne.tookMs).toBeGreaterThan(1_900);
  viewers.push(
    ...(await Promise.all(Array.from({ length: 99 }, () => PageViewer.open(url, '/events/stores')))),
  );
  expect((await readings(3)).statements).toBe(6);

  const refused = await fetch(`${url}/events/stores`);
  expect(refused.status).toBe(503);
  expect(await refused.text()).toContain('100 pages are open');
  expect(await metric(url, 'hq_collector_page_streams')).toBe(100);

  for (const viewer of viewers) await viewer.close();
  await eventually(
    'all have gone',
    () => metric(url, 'hq_collector_page_streams'),
    (open) => open === 0,
  );
  await new Promise((resolve) => setTimeout(resolve, 1_100)); // a reading under way may end
  const before = await statements(url);
  await new Promise((resolve) => setTimeout(resolve, 2_500));
  expect(await statements(url)).toBe(before);
});

test('a reading that never returns is told as trouble, and the next one that does takes it back', async () => {
  await hq.admin.createStore({ storeId: 's1' });
  const viewer = await PageViewer.open(hq.url, '/events/stores');
  await eventually(
    'news',
    () => viewer.changes.length,
    (count) => count > 0,
  );
  const lock = await hq.database.pool.connect();
  await lock.query('begin; lock table hq.error_episode in access exclusive mode');
  await eventually(
    'trouble',
    () => viewer.troubles.length,
    (count) => count > 0,
  );
  const newest = viewer.changes.at(-1)!.asOf;
  expect((await fetch(hq.url)).status).toBe(503);
  await lock.query('rollback');
  lock.release();
  await eventually(
    'news again',
    () => viewer.changes.at(-1)!.asOf,
    (asOf) => asOf > newest,
  );
  await viewer.close();
});

/** Enough for a page and a message that no socket's own buffers take. */
const manyStores = () =>
  hq.database.pool.query(
    `insert into hq.store (store_id, name, timezone, currency)
     select 's' || n, repeat('Long Name ', 20) || n, 'UTC', 'USD' from generate_series(1, 4000) n`,
  );

test('who leaves in the middle of a long page, or reads it slowly, keeps it from nobody', async () => {
  await manyStores();
  const [leaves, slow] = await Promise.all(
    [0, 1].map(async () => {
      const viewer = connect(hq.port, '127.0.0.1');
      viewer.write('GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
      await once(viewer, 'readable');
      return viewer;
    }),
  );
  leaves!.destroy();
  const whole = await (await fetch(hq.url)).text();
  expect(whole.match(/data-piece="store:s\d+"/g)).toHaveLength(4_000);
  expect(whole.trimEnd()).toMatch(/<\/html>$/);
  let text = '';
  for await (const chunk of slow!.setEncoding('utf8')) text += chunk;
  expect(text.match(/data-piece="store:s\d+"/g)).toHaveLength(4_000);
});

test('a viewer that takes nothing holds one message, is passed over and then cut', async () => {
  await manyStores();
  const slow: Socket = connect(hq.port, '127.0.0.1');
  await once(slow, 'connect');
  slow.pause();
  slow.write(`GET /events/stores HTTP/1.1\r\nHost: localhost\r\n\r\n`);
  const brisk = await PageViewer.open(hq.url, '/events/stores');
  await eventually(
    'the brisk one is served meanwhile',
    () => brisk.changes.length,
    (count) => count >= 5,
  );
  expect(await metric(hq.url, 'hq_collector_page_streams')).toBe(2);
  await eventually(
    'the slow one is cut',
    () => metric(hq.url, 'hq_collector_page_streams'),
    (open) => open === 1,
    40_000,
  );
  expect(await metric(hq.url, 'hq_collector_page_viewers_cut_total')).toBe(1);
  await brisk.close();
  slow.destroy();
});

test('a shutdown ends every stream at once', async () => {
  const other = await hq.replica();
  const viewers = await Promise.all(
    Array.from({ length: 5 }, () => PageViewer.open(other.url, '/events/stores')),
  );
  const startedMs = performance.now();
  const stopped = other.stop();
  await Promise.all(viewers.map(({ closed }) => closed));
  expect(performance.now() - startedMs).toBeLessThan(1_000);
  await stopped;
});
