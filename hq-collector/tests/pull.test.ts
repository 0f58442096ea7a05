// One subject: what a store gets when it pulls, and what HQ believes of it then; long because each way to lose a page has its case.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { eventually } from '@hq-sync/testkit/eventually';
import { PulledCopy, pullPage } from '@hq-sync/testkit/pull-client';
import { publishedRecords } from '@hq-sync/testkit/published-data';
import { startTestCollector, type TestCollector } from '@hq-sync/testkit/test-collector';
import { WireStore } from '@hq-sync/testkit/wire-store';
import { connect } from 'node:net';
import pg from 'pg';

let hq: TestCollector;
const tokens = new Map<string, string>();
beforeAll(async () => {
  hq = await startTestCollector({ settings: { HQ_CONFIRM_TIMEOUT_MS: '400', HQ_WATCH_INTERVAL_MS: '200' } });
  for (const storeId of ['s1', 's2', 's3']) {
    await hq.admin.createStore({ storeId });
    tokens.set(storeId, (await hq.admin.generateToken(storeId)).token);
  }
});
afterAll(() => hq.stop());

const token = (storeId = 's1'): string => tokens.get(storeId)!;
const copyOf = (entity: string, storeId = 's1', maxRecords?: number) =>
  new PulledCopy(hq.url, token(storeId), entity, maxRecords);

const change = (entity: string, lines: readonly unknown[]) => hq.admin.changeRecords(entity, lines);

const records = (count: number, price: number) =>
  Array.from({ length: count }, (_, index) => ({ id: `r${index}`, data: { price } }));

/** What HQ holds for this store, by the database. */
async function truth(entity: string, storeId: string): Promise<Map<string, unknown>> {
  const published = await publishedRecords(hq.database.pool, entity, storeId);
  return new Map(published.map(({ id, data }) => [id, data]));
}

const entityRow = async (entity: string, storeId = 's1') => {
  const { rows } = await hq.database.pool.query<{ records: number; checks: number }>(
    `select records_total::int as records, empty_checks_total::int as checks from hq.store_entity
     where store_id = $1 and entity = $2 and direction = 'pull'`,
    [storeId, entity],
  );
  return rows[0] ?? { records: 0, checks: 0 };
};

describe('a store that pulls', () => {
  test('gets every record in pages, counted only once it has confirmed them, each once', async () => {
    expect((await change('products', records(25, 100))).body).toEqual({
      lines: 25,
      changed: 25,
      deleted: 0,
      unchanged: 0,
    });
    const first = await pullPage(hq.url, token(), 'products', { cursor: null, maxRecords: 10 });
    expect(first.records).toHaveLength(10);
    expect(first.end).toMatchObject({ records: 10, more: true, scanning: true });
    expect(await entityRow('products')).toMatchObject({ records: 0 });

    const next = { cursor: first.end.cursor, confirm: first.end.id, maxRecords: 10 };
    await pullPage(hq.url, token(), 'products', next);
    expect(await entityRow('products')).toMatchObject({ records: 10 });
    await pullPage(hq.url, token(), 'products', next); // its answer was lost
    expect(await entityRow('products')).toMatchObject({ records: 10 });

    const copy = copyOf('products', 's2', 10);
    await copy.pullAll();
    expect(copy.records).toEqual(await truth('products', 's2'));
    expect(copy.pages).toBe(4); // 10, 10, 5, and the empty one that confirms
    expect(await entityRow('products', 's2')).toMatchObject({ records: 25 });
    const { rows: log } = await hq.database.pool.query(
      `select accepted from hq.sync_log where store_id = 's2' and direction = 'pull' order by at`,
    );
    expect(log).toEqual([{ accepted: 10 }, { accepted: 10 }, { accepted: 5 }]);
  });

  test('that begins from the start confirms the page before with its first pull', async () => {
    await change('departments', records(25, 100));
    const { end } = await pullPage(hq.url, token('s2'), 'departments', { cursor: null, maxRecords: 10 });
    const { records: before } = await entityRow('departments', 's2');
    await pullPage(hq.url, token('s2'), 'departments', { cursor: null, confirm: end.id, maxRecords: 10 });
    expect(await entityRow('departments', 's2')).toMatchObject({ records: before + 10 });
  });

  test('gets what changed and what was deleted, and nothing that stayed as it was', async () => {
    await change('departments', records(5, 1));
    const copy = copyOf('departments');
    await copy.pullAll();
    const answer = await change('departments', [
      { id: 'r0', data: { price: 2 } },
      { id: 'r1', data: { price: 1 } },
      { id: 'r2', deleted: true },
      { id: 'never', deleted: true },
    ]);
    expect(answer.body).toEqual({ lines: 4, changed: 1, deleted: 1, unchanged: 2 });
    const { records: pulled } = await copy.step();
    expect(pulled).toEqual(
      expect.arrayContaining([
        { id: 'r0', data: { price: 2 } },
        { id: 'r2', data: null },
      ]),
    );
    expect(pulled).toHaveLength(2);
    await copy.pullAll();
    expect(copy.records).toEqual(await truth('departments', 's1'));
  });

  test('an empty check updates the time and a counter, not the log', async () => {
    const copy = copyOf('tax_rates');
    await copy.pullAll();
    await eventually(
      'the check is counted',
      () => entityRow('tax_rates'),
      ({ checks }) => checks === 1,
    );
    const { rowCount } = await hq.database.pool.query(`select from hq.sync_log where entity = 'tax_rates'`);
    expect(rowCount).toBe(0);
  });

  test('a page over the bound of bytes is cut, a larger record comes alone', async () => {
    const text = 'x'.repeat(200_000);
    await change(
      'promotions',
      Array.from({ length: 24 }, (_, index) => ({ id: `big${index}`, data: { text } })),
    );
    const copy = copyOf('promotions');
    const page = await copy.step();
    expect(page.records).toHaveLength(10);
    expect(page.end.more).toBe(true);
    await copy.pullAll();
    expect(copy.records.size).toBe(24);
  });

  test('reads its pages by index, also where PostgreSQL plans them once for any values', async () => {
    const [stored, pages] = [3_000, 30];
    await change(
      'customers',
      Array.from({ length: stored }, (_, index) => ({ id: `c${index}`, data: { index } })),
    );
    await hq.database.pool.query('analyze hq.hq_record');
    const readInTurn = async () => {
      const { rows } = await hq.database.pool.query<{ n: number }>(
        `select pg_stat_get_tuples_returned('hq.hq_record'::regclass)::int as n`,
      );
      return rows[0]!.n;
    };
    const before = await readInTurn();
    // PostgreSQL comes to it by itself when a table is large.
    const anyValues = new URL(hq.database.url);
    anyValues.searchParams.set('options', '-c plan_cache_mode=force_generic_plan');
    const replica = await hq.replica({ DATABASE_URL: anyValues.href });
    const copy = new PulledCopy(replica.url, token('s3'), 'customers', stored / pages);
    await copy.pullAll();
    await replica.stop(); // its connections have then told what they read
    expect(copy.records.size).toBe(stored);
    expect((await readInTurn()) - before).toBeLessThan((stored * pages) / 2);
  });
});

describe('a cursor never skips', () => {
  test('two overlapping changes, the later one committed first, are both seen', async () => {
    const copy = copyOf('customers');
    await copy.pullAll();
    const [early, late] = [new pg.Client(hq.database.url), new pg.Client(hq.database.url)];
    await early.connect();
    await late.connect();
    const write = `insert into hq.hq_record (entity, record_id, data) values ('customers', $1, '{}')`;
    await early.query('begin');
    await early.query(write, ['early']);
    await late.query(write, ['late']);
    await late.end();
    await eventually(
      'the later change is pulled while the earlier one is open',
      async () => (await copy.step(), copy.records),
      (held) => held.has('late'),
    );
    expect(copy.records.has('early')).toBe(false);
    await early.query('commit');
    await early.end();
    await eventually(
      'the earlier change is pulled too',
      async () => (await copy.step(), copy.records),
      (held) => held.has('early'),
    );
  });

  test('a writer left open in another table delays nobody', async () => {
    const writer = new pg.Client(hq.database.url);
    await writer.connect();
    await writer.query('begin');
    await writer.query(
      `insert into hq.store (store_id, name, timezone, currency) values ('open', 'o', 'UTC', 'USD')`,
    );
    const copy = copyOf('users');
    await change('users', [{ id: 'u1', data: { name: 'Ann' } }]);
    await copy.pullAll();
    expect(copy.records).toEqual(new Map([['u1', { name: 'Ann' }]]));
    await writer.query('rollback');
    await writer.end();
  });

  test('a change over several pages, cut in the middle, loses nothing; what changes meanwhile comes too', async () => {
    await change('products', records(30, 200));
    const copy = copyOf('products', 's3', 7);
    await copy.step();
    await copy.step();
    await change('products', [
      { id: 'r3', data: { price: 999 } },
      { id: 'r29', deleted: true },
    ]);
    await copy.pullAll();
    expect(copy.records).toEqual(await truth('products', 's3'));
    expect(copy.records.get('r3')).toEqual({ price: 999 });
  });

  test('a reading from the start ends only when it has brought what moved while it went on', async () => {
    await change(
      'customers',
      Array.from({ length: 10 }, (_, index) => ({ id: `moving${index}`, data: { at: 0 } })),
    );
    const copy = copyOf('customers', 's3', 3);
    await copy.pullAll();
    const { size } = copy.records;
    copy.startOver();
    await copy.step();
    await change(
      'customers',
      [7, 8, 9].map((index) => ({ id: `moving${index}`, data: { at: 1 } })),
    );
    for (let more = true; more;) {
      more = (await copy.step()).end.more;
      expect(copy.records).toHaveProperty('size', size);
    }
    expect(copy.records).toEqual(await truth('customers', 's3'));
  });

  test('nor does it end while a change is committed and has no position yet', async () => {
    const copy = copyOf('customers', 's3');
    await copy.pullAll();
    const publisher = new pg.Client(hq.database.url);
    await publisher.connect();
    await publisher.query('begin');
    await publisher.query(`select from hq.entity_head where entity = 'customers' for update`);
    await hq.database.pool.query(
      `update hq.hq_record set data = '{"at": 2}' where entity = 'customers' and record_id = 'moving5'`,
    );
    copy.startOver();
    expect((await copy.step()).end).toMatchObject({ scanning: true, more: false });
    expect((await copy.step()).end).toMatchObject({ id: null, scanning: true, more: false });
    expect(copy.records.get('moving5')).toEqual({ at: 1 - 1 });
    await publisher.query('rollback');
    await publisher.end();
    await eventually(
      'the change comes, and ends the reading',
      async () => (await copy.step()).end,
      ({ scanning }) => !scanning,
    );
    expect(copy.records).toEqual(await truth('customers', 's3'));
    expect(copy.records.get('moving5')).toEqual({ at: 2 });
  });

  test('a cursor of a history that HQ does not have, and one older than the tombstones, start over', async () => {
    const copy = copyOf('products', 's3');
    await copy.pullAll();
    const [position, nonce] = copy.cursor!.split('.').map(Number) as [number, number];
    const ask = (cursor: string) => pullPage(hq.url, token('s3'), 'products', { cursor });
    for (const cursor of [
      `${position + 1}.${nonce}`,
      `${position}.${nonce + 1}`,
      `1.${nonce}.${position + 1}`,
    ]) {
      expect(await ask(cursor)).toMatchObject({ status: 410, problem: { code: 'cursor_unknown' } });
    }
    await hq.database.pool.query(`update hq.entity_head set forgotten = head where entity = 'products'`);
    expect(await ask(copy.cursor!)).toMatchObject({ status: 200 });
    await change('products', [{ id: 'r1', data: { price: 5 } }]);
    await hq.database.pool.query(`update hq.entity_head set forgotten = head where entity = 'products'`);
    expect(await ask(copy.cursor!)).toMatchObject({ status: 410, problem: { code: 'cursor_expired' } });
    const again = copyOf('products', 's3', 9);
    await again.pullAll();
    expect(again.records).toEqual(await truth('products', 's3'));
  });
});

describe('records for a named set of stores', () => {
  const putSet = (set: string, storeIds: string[]) => hq.admin.call('PUT', `/sets/${set}`, { storeIds });

  test('reach its stores; who joins gets them, who leaves loses them, what changes sets goes with it', async () => {
    expect((await putSet('north', ['s1'])).status).toBe(200);
    expect((await putSet('south', ['s2'])).status).toBe(200);
    await change('users', [
      { id: 'anna', data: { pin: 1 }, set: 'north' },
      { id: 'sven', data: { pin: 2 }, set: 'south' },
    ]);
    const copies = new Map(['s1', 's2', 's3'].map((storeId) => [storeId, copyOf('users', storeId)]));
    const settle = async () => {
      for (const [storeId, copy] of copies) {
        await copy.pullAll();
        expect([storeId, copy.records]).toEqual([storeId, await truth('users', storeId)]);
      }
    };
    await settle();
    expect(copies.get('s1')!.records.has('anna')).toBe(true);
    expect(copies.get('s3')!.records.has('anna')).toBe(false);

    await putSet('north', ['s1', 's3']);
    await settle();
    expect(copies.get('s3')!.records.has('anna')).toBe(true);
    await change('users', [{ id: 'anna', data: { pin: 1 }, set: 'south' }]);
    await settle();
    expect(copies.get('s1')!.records.has('anna')).toBe(false);
    await putSet('south', []);
    await settle();
    expect(copies.get('s2')!.records.has('sven')).toBe(false);
  });

  test('a set that does not exist refuses the whole upload', async () => {
    const answer = await change('users', [
      { id: 'x1', data: {} },
      { id: 'x2', data: {}, set: 'nowhere' },
    ]);
    expect(answer).toMatchObject({ status: 409, body: { code: 'store_set_not_found' } });
    expect((await truth('users', 's1')).has('x1')).toBe(false);
  });
});

describe('HQ says when there is something new', () => {
  test('to the stores that it concerns, also after the listener was killed', async () => {
    const [first, third] = [
      await WireStore.connect(hq.url, token()),
      await WireStore.connect(hq.url, token('s3')),
    ];
    await hq.admin.call('PUT', '/sets/only-first', { storeIds: ['s1'] });
    await change('promotions', [{ id: 'p1', data: {}, set: 'only-first' }]);
    expect(await first.next('news')).toEqual({ type: 'news', entities: ['promotions'] });
    expect(third.received.some(({ type }) => type === 'news')).toBe(false);

    await hq.database.pool.query(
      `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'hq-collector listener' and datname = current_database()`,
    );
    await hq.database.pool.query(
      `insert into hq.hq_record (entity, record_id, data) values ('tax_rates', 'after the kill', '{}')`,
    );
    expect(await third.next('news')).toEqual({ type: 'news', entities: ['tax_rates'] });
    await first.close();
    await third.close();
  });
});

describe('what goes wrong', () => {
  test('a page that is not confirmed is a failure; the next success ends it', async () => {
    await change('customers', [{ id: 'late', data: { at: 1 } }]);
    const copy = copyOf('customers', 's2');
    const page = await copy.step();
    expect(page.end.id).not.toBeNull();
    const episodes = async () =>
      (
        await hq.database.pool.query<{ code: string; open: boolean }>(
          `select code, open from hq_view.error_episodes where store_id = 's2' and entity = 'customers'`,
        )
      ).rows;
    await eventually('it is a failure', episodes, (rows) => rows.length === 1);
    expect(await episodes()).toEqual([{ code: 'page_unconfirmed', open: true }]);
    await copy.pullAll();
    expect(await episodes()).toEqual([{ code: 'page_unconfirmed', open: false }]);
    expect(await entityRow('customers', 's2')).toMatchObject({ records: page.records.length });
  });

  test.each([
    ['no JSON', 'products', '{', 400, 'pull_invalid'],
    ['no cursor', 'products', {}, 400, 'pull_invalid'],
    ['a cursor that is none', 'products', { cursor: '12' }, 400, 'pull_invalid'],
    ['too many records', 'products', { cursor: null, maxRecords: 5_001 }, 400, 'pull_invalid'],
    ['an unknown entity', 'prodcuts', { cursor: null }, 404, 'entity_unknown'],
    ['an entity that is pushed', 'sales', { cursor: null }, 409, 'entity_not_pulled'],
    ['a body without end', 'products', ' '.repeat(10_000), 413, 'batch_too_large'],
  ])('%s', async (_, entity, body, status, code) => {
    expect(await pullPage(hq.url, token(), entity, body)).toMatchObject({
      status,
      problem: { status, code },
    });
  });

  // An empty check moves what HQ takes for confirmed to where the answer would have brought the store; a page that is asked
  // for from before that looks like one that came late.
  test('confirms what it pulls after the answer to an empty check was lost', async () => {
    await hq.admin.call('PUT', '/sets/elsewhere', { storeIds: ['s2'] });
    await change('departments', records(5, 1));
    const copy = copyOf('departments', 's3');
    await copy.pullAll();
    const { cursor } = copy;
    const { records: before } = await entityRow('departments', 's3');
    await change('departments', [{ id: 'theirs', data: {}, set: 'elsewhere' }]);
    await pullPage(hq.url, token('s3'), 'departments', { cursor }); // its answer is lost
    await eventually(
      'the check is written',
      () =>
        hq.database.pool.query(
          `select confirmed_position = head as passed from hq_view.store_pulls where store_id = 's3' and entity = 'departments'`,
        ),
      ({ rows }) => rows[0].passed,
    );
    await change('departments', records(2, 2));
    const { end } = await pullPage(hq.url, token('s3'), 'departments', { cursor });
    await pullPage(hq.url, token('s3'), 'departments', { cursor: end.cursor, confirm: end.id });
    expect(await entityRow('departments', 's3')).toMatchObject({ records: before + 2 });
  });

  test('a name that no database takes', async () => {
    const answer = await pullPage(hq.url, token(), '%00', { cursor: null });
    expect(answer).toMatchObject({ status: 404, problem: { code: 'entity_unknown' } });
  });

  test('bodies that do not come take no place', async () => {
    const head = `POST /v1/pull/products HTTP/1.1\r\nHost: hq\r\nAuthorization: Bearer ${token('s3')}\r\nContent-Length: 100\r\n\r\n{`;
    const sockets = await Promise.all(
      Array.from({ length: 200 }, async () => {
        const socket = connect(hq.port, '127.0.0.1');
        socket.on('error', () => undefined);
        await new Promise<void>((resolve) => socket.write(head, () => resolve()));
        return socket;
      }),
    );
    for (const storeId of ['s1', 's3'])
      expect((await pullPage(hq.url, token(storeId), 'products', { cursor: null })).status).toBe(200);
    for (const socket of sockets) socket.destroy();
  });

  test('an unknown token', async () => {
    const answer = await pullPage(hq.url, 'hqs_unknown', 'products', { cursor: null });
    expect(answer).toMatchObject({ status: 401, problem: { code: 'token_unknown' } });
  });

  test.each([
    ['no JSON', '{', 'line 2'],
    ['no id', { data: {} }, 'line 2'],
    ['data that is no object', { id: 'a', data: 1 }, 'line 2'],
    ['U+0000', { id: 'a', data: { text: '\u0000' } }, 'line 2.data'],
  ])('a bulk change with %s changes nothing and names the line', async (_, line, path) => {
    const answer = await change('products', [{ id: 'before', data: {} }, line]);
    expect(answer.status).toBe(400);
    expect(answer.body['errors']).toEqual([
      { path: expect.stringContaining(path), message: expect.any(String) },
    ]);
    expect((await truth('products', 's1')).has('before')).toBe(false);
    const { rowCount } = await hq.database.pool.query('select from hq.upload_line');
    expect(rowCount).toBe(0);
  });
});
