import { afterAll, afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { once } from 'node:events';
import http from 'node:http';
import { gunzipSync } from 'node:zlib';
import { eventually } from '@hq-sync/testkit/eventually';
import { PulledCopy, pullPage } from '@hq-sync/testkit/pull-client';
import { startTestCollector, type TestCollector } from '@hq-sync/testkit/test-collector';
import { WireStore } from '@hq-sync/testkit/wire-store';

let hq: TestCollector;
const agent = new http.Agent({ keepAlive: false });
afterEach(() => hq.stop());
afterAll(() => agent.destroy());

async function start(settings: Record<string, string>, stores: number): Promise<string[]> {
  hq = await startTestCollector({ settings: { HQ_WATCH_INTERVAL_MS: '100', ...settings } });
  const tokens: string[] = [];
  for (let store = 0; store < stores; store += 1) {
    await hq.admin.createStore({ storeId: `s${store}` });
    tokens.push((await hq.admin.generateToken(`s${store}`)).token);
  }
  return tokens;
}

const records = (count: number, padding = '') =>
  Array.from({ length: count }, (_, index) => ({ id: `r${index}`, data: { index, padding } }));

const episodes = async () =>
  (
    await hq.database.pool.query<{ store_id: string; kind: string; message: string }>(
      'select store_id, kind, message from hq_view.error_episodes where open order by store_id',
    )
  ).rows;

const gauge = async (name: string) =>
  Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(await (await fetch(`${hq.url}/metrics`)).text())?.[1]);

describe('more stores than places', () => {
  test('wait their turn, all get their page, and no error is opened', async () => {
    const tokens = await start({ HQ_MAX_CONCURRENT_PULLS: '2' }, 20);
    await hq.admin.changeRecords('products', records(50));
    const pages = await Promise.all(
      tokens.map((token) => pullPage(hq.url, token, 'products', { cursor: null })),
    );
    expect(pages.map(({ status, records: { length } }) => [status, length])).toEqual(
      tokens.map(() => [200, 50]),
    );
    expect(await episodes()).toEqual([]);
  });

  test('are told 429 where others do not make room in time', async () => {
    const tokens = await start({ HQ_MAX_CONCURRENT_PULLS: '1', HQ_PULL_WAIT_MS: '100' }, 2);
    await hq.admin.changeRecords('products', records(5));
    const writer = await hq.database.pool.connect();
    await writer.query('begin; lock table hq.hq_record in access exclusive mode');
    const pull = (token: string) => pullPage(hq.url, token, 'products', { cursor: null });
    const first = pull(tokens[0]!);
    const inUse = () => gauge('hq_collector_pulls_in_flight');
    const waiting = () => gauge('hq_collector_pulls_waiting');
    await eventually('the first has the place', inUse, (pulls) => pulls === 1);
    const second = pull(tokens[1]!);
    await eventually('the second waits', waiting, (pulls) => pulls === 1);
    await eventually('it has given up', waiting, (pulls) => pulls === 0);
    await writer.query('rollback');
    writer.release();
    expect(await first).toMatchObject({ status: 200 });
    expect(await second).toMatchObject({ status: 429, problem: { code: 'overloaded', retry: true } });
    expect(await episodes()).toMatchObject([{ store_id: 's1', kind: 'overloaded' }]);
    expect(await pull(tokens[1]!)).toMatchObject({ status: 200 });
    await eventually('all places are free', inUse, (pulls) => pulls === 0);
  });

  test('are told of something new at the rate of the setting, each once', async () => {
    const tokens = await start({ HQ_NEWS_PER_SECOND: '20' }, 5);
    const stores = await Promise.all(tokens.map((token) => WireStore.connect(hq.url, token)));
    await hq.admin.changeRecords('products', records(1));
    await hq.admin.changeRecords('departments', records(1));
    const told = () =>
      stores.map(({ received }) =>
        received.flatMap((frame) => (frame.type === 'news' ? frame.entities : [])),
      );
    await eventually(
      'each knows of both, once',
      async () => told().map((entities) => entities.sort().join()),
      (entities) => entities.every((all) => all === 'departments,products'),
    );
    await Promise.all(stores.map((store) => store.close()));
  });
});

describe('a page', () => {
  test('comes with gzip as two members where the store takes that, and is the same', async () => {
    const [token] = (await start({}, 1)) as [string];
    await hq.admin.changeRecords('products', records(200, 'padding '.repeat(20)));
    const plain = await pullPage(hq.url, token, 'products', { cursor: null });
    const zipped = await new Promise<Buffer>((resolve, reject) => {
      http
        .request(
          `${hq.url}/v1/pull/products`,
          {
            method: 'POST',
            agent,
            headers: { authorization: `Bearer ${token}`, 'accept-encoding': 'gzip' },
          },
          (response) => {
            expect(response.headers['content-encoding']).toBe('gzip');
            response.toArray().then((chunks) => resolve(Buffer.concat(chunks as Buffer[])), reject);
          },
        )
        .end('{"cursor":null}');
    });
    const lines = gunzipSync(zipped).toString().trimEnd().split('\n');
    expect(lines.slice(0, -1).map((line) => JSON.parse(line))).toEqual(plain.records);
    expect(JSON.parse(lines.at(-1)!)).toMatchObject({ page: { records: 200, more: false } });
    expect(zipped.length * 5).toBeLessThan(lines.join('\n').length);
  });

  test('that a store takes again and again without confirming becomes a failure', async () => {
    const [token] = (await start({ HQ_CONFIRM_TIMEOUT_MS: '400' }, 1)) as [string];
    await hq.admin.changeRecords('products', records(5));
    const first = await pullPage(hq.url, token, 'products', { cursor: null, maxRecords: 2 });
    await eventually(
      'it is one, while the store goes on asking for the same',
      async () => {
        await pullPage(hq.url, token, 'products', { cursor: first.end.cursor, maxRecords: 2 });
        return episodes();
      },
      (open) => open.length === 1,
    );
    expect(await episodes()).toMatchObject([{ kind: 'network_timeout' }]);
  });

  test('that is asked for once more, late, after the next one was sent, changes nothing of that', async () => {
    const [token] = (await start({}, 1)) as [string];
    await hq.admin.changeRecords('products', records(6));
    const ask = (cursor: string | null, confirm?: string | null) =>
      pullPage(hq.url, token, 'products', { cursor, maxRecords: 2, ...(confirm && { confirm }) });
    const first = await ask(null);
    const second = await ask(first.end.cursor, first.end.id);
    const third = await ask(second.end.cursor, second.end.id);
    expect((await ask(first.end.cursor, first.end.id)).records).toEqual(second.records);
    await ask(third.end.cursor, third.end.id);
    const { rows } = await hq.database.pool.query<{ total: number }>(
      `select records_total::int as total from hq_view.store_entities where entity = 'products'`,
    );
    expect(rows).toEqual([{ total: 6 }]);
  });
});

test('a request of a store server that has died, done after the one of its successor, does not void what that one gets', async () => {
  const [token] = (await start({}, 1)) as [string];
  await hq.admin.changeRecords('products', records(3));
  // HQ has its head; the body comes late.
  const body = JSON.stringify({ cursor: null, maxRecords: 2 });
  const dying = http.request(`${hq.url}/v1/pull/products`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      'content-length': String(body.length),
      expect: '100-continue',
    },
  });
  dying.flushHeaders();
  await once(dying, 'continue');
  // A machine takes longer than that to come back; HQ knows when a request arrived to some milliseconds.
  const arrivedMs = performance.now();
  await eventually(
    'some time later',
    () => performance.now() - arrivedMs,
    (passedMs) => passedMs > 1_000,
  );
  const first = await pullPage(hq.url, token, 'products', { cursor: null, maxRecords: 2 });
  dying.end(body);
  const [answer] = (await once(dying, 'response')) as [http.IncomingMessage];
  expect(answer.statusCode).toBe(200);
  await answer.toArray();
  const { cursor, id } = first.end;
  await pullPage(hq.url, token, 'products', { cursor, confirm: id, maxRecords: 2 });
  const { rows } = await hq.database.pool.query(
    `select records_total::int as total from hq_view.store_entities where entity = 'products'`,
  );
  expect(rows).toEqual([{ total: 2 }]);
});

describe('of two requests for one cursor, one of a store server that has died', () => {
  const total = async () => {
    const { rows } = await hq.database.pool.query(
      `select records_total::int as total from hq_view.store_entities where entity = 'products' and direction = 'pull'`,
    );
    return rows[0]?.total as number | undefined;
  };

  test.each([
    ['first', 0],
    ['second', 1],
  ])('the answer that the store took is counted, once: the %s', async (_, taken) => {
    const [token] = (await start({}, 1)) as [string];
    await hq.admin.changeRecords('products', records(3));
    const ask = (fields: object) => pullPage(hq.url, token, 'products', fields);
    const begin = { cursor: null, maxRecords: 2 };
    const starts = [await ask(begin), await ask(begin)];
    const { cursor, id } = starts[taken]!.end;
    const onwards = { cursor, confirm: id };
    // HQ changes something between the two: they are not alike.
    const before = await ask(onwards);
    await hq.admin.changeRecords('products', [{ id: 'new', data: {} }]);
    await eventually(
      'the change is published',
      () => ask({ cursor }),
      ({ end }) => end.records === 2,
    );
    expect(await total()).toBe(2);
    const after = await ask(onwards);
    expect([before.end.records, after.end.records]).toEqual([1, 2]);
    const last = [before, after][taken]!.end;
    for (let times = 0; times < 2; times += 1) {
      await ask({ cursor: last.cursor, confirm: last.id });
      expect(await total()).toBe(2 + last.records);
    }
  });
});

test('a page sent to a clone that is no more is forgotten when the store has everything', async () => {
  const [token] = (await start({}, 1)) as [string];
  await hq.admin.changeRecords('products', records(10));
  const copy = new PulledCopy(hq.url, token, 'products');
  await copy.pullAll();
  const clone = await pullPage(hq.url, token, 'products', { cursor: null, maxRecords: 2 });
  expect(clone.end).toMatchObject({ more: true, scanning: true });
  const behind = () => hq.database.pool.query('select from hq_view.pull_backlog');
  expect((await behind()).rowCount).toBe(1);
  await copy.pullAll();
  await eventually('HQ knows that nothing waits', behind, ({ rowCount }) => rowCount === 0);
  const { rows } = await hq.database.pool.query(
    `select scan_end, page_unconfirmed from hq_view.store_pulls where entity = 'products'`,
  );
  expect(rows).toEqual([{ scan_end: null, page_unconfirmed: false }]);
});

describe('a turn of resync', () => {
  let stores: WireStore[] = [];
  beforeEach(() => {
    stores = [];
  });
  afterEach(() => Promise.all(stores.map((store) => store.close())));

  test('passes on from a connected store that does nothing', async () => {
    const tokens = await start({ HQ_MAX_RUNNING_RESYNCS: '1', HQ_RESYNC_STALL_MS: '3000' }, 2);
    await hq.admin.changeRecords('products', records(3));
    stores = await Promise.all(tokens.map((token) => WireStore.connect(hq.url, token)));
    await eventually(
      'both are connected',
      () => hq.database.pool.query(`select from hq_view.store_status where status = 'connected'`),
      ({ rowCount }) => rowCount === 2,
    );
    const force = async (id: string) =>
      (await hq.admin.call('POST', `/stores/${id}/resync`, { entities: ['products'] })).body as {
        jobId: string;
        state: string;
      };
    expect(await force('s0')).toMatchObject({ state: 'running' });
    const second = await force('s1');
    expect(second.state).toBe('queued');
    await stores[1]!.next('command');

    // The first still ends well, when its store goes on after all.
    const copy = new PulledCopy(hq.url, tokens[0]!, 'products');
    await copy.pullAll();
    const { body } = await hq.admin.call('GET', '/resync-jobs?storeId=s0');
    expect(body.items).toMatchObject([{ state: 'done', percent: 100 }]);
  });
});

test('uploads that delete and write the records of each other all succeed', async () => {
  await start({}, 0);
  await hq.admin.changeRecords('products', records(200));
  const [deleting, writing] = [
    records(200).map(({ id }) => ({ id, deleted: true })),
    records(200, 'again').reverse(),
  ];
  const answers = await Promise.all(
    Array.from({ length: 6 }, (_, index) =>
      hq.admin.changeRecords('products', index % 2 === 0 ? deleting : writing),
    ),
  );
  expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
});
