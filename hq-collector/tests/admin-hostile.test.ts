// One subject: what strangers and careless people send to the admin API; long because each way in has its own case.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { eventually } from '@hq-sync/testkit/eventually';
import { startTestCollector, type TestCollector } from '@hq-sync/testkit/test-collector';
import { push, saleRecord, WireStore } from '@hq-sync/testkit/wire-store';
import { createHash, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import pino from 'pino';
import { addAdminToken } from '../src/admin/admin-token.js';
import { adminEndpoints } from '../src/admin/endpoints.js';

let hq: TestCollector;
/** Errors that HQ has logged. */
const logged: string[] = [];
const viewer = 'viewer-token-of-the-hostile';
beforeAll(async () => {
  hq = await startTestCollector({
    log: pino({ level: 'error' }, { write: (line) => void logged.push(line) }),
    settings: {
      HQ_WATCH_INTERVAL_MS: '200',
      HQ_ADMIN_REFUSALS_PER_MINUTE: '1000000',
      HQ_ADMIN_REQUESTS_PER_MINUTE: '1000000',
    },
  });
  await addAdminToken(hq.database.pool as never, 'viewer', 'viewer', viewer);
  await hq.admin.createStore({ storeId: 's1', region: 'north' });
});
afterAll(async () => {
  await hq.stop();
  // Whatever was tried is no failure of HQ.
  expect(logged).toEqual([]);
});

interface Sent {
  readonly status: number;
  readonly headers: Headers;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- the tests know what they asked for
  readonly body: any;
}

/** A body that is text or bytes goes as it is. */
async function send(
  method: string,
  path: string,
  { token = hq.admin.token, headers = {} as Record<string, string>, body = undefined as unknown } = {},
): Promise<Sent> {
  const raw = typeof body === 'string' || Buffer.isBuffer(body) || body === undefined;
  const response = await fetch(`${hq.url}/admin/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers },
    ...(body !== undefined && { body: (raw ? body : JSON.stringify(body)) as string }),
  });
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    body: text === '' ? null : (JSON.parse(text) as unknown),
  };
}
const upload = (lines: string | Buffer, entity = 'products') =>
  send('POST', `/entities/${entity}/records`, { body: lines });
const statusOf = ({ status, body }: Sent) => [status, body?.code];
/** Everything that a change would leave. */
const changes = async () =>
  (
    await hq.database.pool.query(
      'select (select count(*) from hq.audit_log) as log, (select count(*) from hq.store) as stores',
    )
  ).rows[0];

describe('a viewer', () => {
  test.each<[string, string, string, Record<string, string>]>([
    ['another method in a header', 'GET', '/stores', { 'x-http-method-override': 'POST' }],
    ['a slash at the end', 'POST', '/stores/', {}],
    ['capitals', 'POST', '/STORES', {}],
    ['two slashes', 'POST', '//stores', {}],
    ['an address from elsewhere', 'POST', '/stores/../stores', {}],
    ['a slash in code', 'POST', '/stores%2Fs1%2Farchive', {}],
    ['a path within a name', 'POST', '/stores/s1%2Farchive/archive', {}],
    ['the name of an admin', 'POST', '/stores/s1/archive', { 'x-grafana-user': 'admin' }],
    [
      'another token beside its own',
      'POST',
      '/stores/s1/archive',
      { 'x-api-key': 'hqa', cookie: 'hq_session=x' },
    ],
  ])('changes nothing with %s', async (_, method, path, headers) => {
    const before = await changes();
    const { status } = await send(method, path, {
      token: viewer,
      headers,
      ...(method === 'POST' && {
        body: { storeId: 'smuggled', name: 'x', timezone: 'UTC', currency: 'USD' },
      }),
    });
    if (method === 'POST') expect([403, 404]).toContain(status);
    expect(await changes()).toEqual(before);
  });

  test('gets the head of what it may read, and of nothing else', async () => {
    for (const { method, path, role } of adminEndpoints) {
      const target = path.replace(/\{\w*Id\}/g, 's1').replace(/\{\w+\}/g, 'products');
      const { status } = await send('HEAD', target, { token: viewer });
      const reading = adminEndpoints.find((one) => one.method === 'get' && one.path === path);
      if (!reading) expect([method, path, status]).toEqual([method, path, 404]);
      else if (role !== 'viewer' && method === 'get') expect([path, status]).toEqual([path, 403]);
    }
  });
});

describe('who has no token', () => {
  test('is told so before a byte of the body is read', async () => {
    for (const body of ['{', '['.repeat(90_000), 'x'.repeat(200_000)])
      expect(statusOf(await send('POST', '/stores', { token: 'nobody', body }))).toEqual([
        401,
        'unauthorized',
      ]);
  });

  test('is told so while it is still to send its body', async () => {
    const socket = connect(hq.port, '127.0.0.1');
    socket.write(
      'POST /admin/v1/stores HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n{',
    );
    const [first] = (await once(socket, 'data')) as [Buffer];
    expect(first.toString()).toMatch(/^HTTP\/1\.1 401 /);
    socket.destroy();
  });
});

describe('an upload', () => {
  const ok = '{"id":"good","data":{}}\n';
  test.each<[string, string | Buffer, string]>([
    ['U+0000', '{"id":"a","data":{"x":"\\u0000"}}', 'line 2.data'],
    ['U+0000 in a key', '{"id":"a","data":{"\\u0000":1}}', 'line 2.data'],
    ['half a surrogate pair', '{"id":"a","data":{"x":"\\ud800"}}', 'line 2.data'],
    ['half a pair, the other way', '{"id":"a","data":{"x":["\\udc00\\ud800"]}}', 'line 2.data'],
    ['a number beyond a double', '{"id":"a","data":{"x":1e400}}', 'line 2.data'],
    ['a key that is lost', '{"id":"a","data":{"__proto__":{"admin":true}}}', 'line 2.data'],
    [
      'a hundred thousand brackets',
      `{"id":"a","data":{"x":${'['.repeat(100_000)}${']'.repeat(100_000)}}}`,
      'line 2.data',
    ],
    [
      'a thousand objects in each other',
      `{"id":"a","data":${'{"a":'.repeat(1_000)}1${'}'.repeat(1_000)}}`,
      'line 2.data',
    ],
    [
      'bytes that are no UTF-8',
      Buffer.concat([Buffer.from('{"id":"a","data":{"x":"'), Buffer.from([0xff]), Buffer.from('"}}')]),
      'line 2',
    ],
    ['a field that nobody knows', '{"id":"a","data":{},"sets":"pilots"}', 'line 2'],
    ['data for a record that is deleted', '{"id":"a","data":{"x":1},"deleted":true}', 'line 2'],
    ['an id that no address can hold', '{"id":"..","data":{}}', 'line 2.id'],
    ['an id that is a number', '{"id":1,"data":{}}', 'line 2.id'],
    ['a list', '[1]', 'line 2'],
    [
      'numbers of millions of digits',
      `{"id":"a","data":{"x":[${Array(20_000).fill('1e308').join()}]}}`,
      'line 2.data',
    ],
    ['a number that would become another', '{"id":"a","data":{"x":9007199254740993}}', 'line 2.data'],
    ['null', 'null', 'line 2'],
    ['half a line at its end', '{"id":"a","da', 'line 2'],
  ])('with %s changes nothing and says where', async (_, line, path) => {
    const answer = await upload(Buffer.concat([Buffer.from(ok), Buffer.from(line as string)]));
    expect([...statusOf(answer), answer.body.errors?.[0]?.path]).toEqual([400, 'invalid_request', path]);
    expect((await hq.database.pool.query('select from hq.hq_record')).rowCount).toBe(0);
    expect((await hq.database.pool.query('select from hq.upload_line')).rowCount).toBe(0);
  });

  test('keeps every text and number that the database can hold, as it is', async () => {
    const data = {
      text: 'a \\u0000 in words, 🛒, \u2028',
      many: 1e308,
      few: 5e-324,
      big: 9_007_199_254_740_991,
      even: 2 ** 70,
      digits: '9007199254740993 \\" 9007199254740993',
      constructor: 1,
    };
    expect((await upload(`${JSON.stringify({ id: 'kept', data })}\n`, 'departments')).status).toBe(200);
    const { rows } = await hq.database.pool.query<{ line: string }>(
      `select line from hq.hq_record where record_id = 'kept'`,
    );
    expect(JSON.parse(rows[0]!.line)).toEqual({ id: 'kept', data });
  });

  test('that is refused at its first line is told so, however much is still to come', async () => {
    const rest = `{"id":"a","data":{"text":"${'x'.repeat(1_000)}"}}\n`.repeat(20_000);
    const answer = await upload(`no JSON\n${rest}`);
    expect([...statusOf(answer), answer.body.errors[0].path]).toEqual([400, 'invalid_request', 'line 1']);
    const unknown = await send('POST', '/entities/products/records', { token: 'nobody', body: rest });
    expect(statusOf(unknown)).toEqual([401, 'unauthorized']);
  });

  test('cut in the middle changes nothing', async () => {
    const socket = connect(hq.port, '127.0.0.1');
    socket.write(
      `POST /admin/v1/entities/products/records HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${hq.admin.token}\r\nTransfer-Encoding: chunked\r\n\r\n`,
    );
    const lines = Array.from({ length: 1_500 }, (_, index) => `{"id":"c${index}","data":{}}\n`).join('');
    socket.write(`${lines.length.toString(16)}\r\n${lines}\r\n`);
    const waiting = () => hq.database.pool.query('select from hq.upload_line limit 1');
    await eventually('lines wait', waiting, ({ rowCount }) => rowCount === 1);
    socket.destroy();
    await eventually('they are gone', waiting, ({ rowCount }) => rowCount === 0);
    expect(
      (await hq.database.pool.query(`select from hq.hq_record where entity = 'products'`)).rowCount,
    ).toBe(0);
  });

  test('whose token is revoked while its lines come changes nothing', async () => {
    const { token, tokenId } = (
      await send('POST', '/admin-tokens', { body: { name: 'stolen', role: 'operator' } })
    ).body;
    const socket = connect(hq.port, '127.0.0.1');
    socket.write(
      `POST /admin/v1/entities/products/records HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\nTransfer-Encoding: chunked\r\n\r\n`,
    );
    const chunk = (text: string) => socket.write(`${text.length.toString(16)}\r\n${text}\r\n`);
    chunk(Array.from({ length: 1_500 }, (_, index) => `{"id":"c${index}","data":{}}\n`).join(''));
    const waiting = () => hq.database.pool.query('select from hq.upload_line limit 1');
    await eventually('lines wait', waiting, ({ rowCount }) => rowCount === 1);
    await send('DELETE', `/admin-tokens/${tokenId}`);
    const answer = once(socket, 'data');
    socket.write('0\r\n\r\n');
    expect(((await answer) as [Buffer])[0].toString()).toMatch(/^HTTP\/1\.1 401 /);
    socket.destroy();
    const { rowCount } = await hq.database.pool.query(`select from hq.hq_record where entity = 'products'`);
    expect(rowCount).toBe(0);
  });

  test('beside many others leaves the stores their connections', async () => {
    await hq.admin.createStore({ storeId: 'pushing' });
    const { token } = await hq.admin.generateToken('pushing');
    const held = await hq.database.pool.connect();
    await held.query('begin');
    await held.query(`select pg_advisory_xact_lock(hashtextextended('hq_record promotions', 0))`);
    const uploads = Array.from({ length: 20 }, (_, index) =>
      upload(`{"id":"u${index}","data":{}}\n`, 'promotions'),
    );
    try {
      await eventually(
        'they wait',
        () => hq.database.pool.query('select distinct upload_id from hq.upload_line'),
        ({ rowCount }) => rowCount === 20,
      );
      const { status } = await push(hq.url, token, [saleRecord('while uploads wait')]);
      expect(status).toBe(200);
    } finally {
      await held.query('rollback');
      held.release();
    }
    expect((await Promise.all(uploads)).map(({ status }) => status)).toEqual(Array(20).fill(200));
  });
});

test('a correction that the audit log cannot hold is refused, not an error of HQ', async () => {
  await hq.admin.createStore({ storeId: 'correcting' });
  const { token } = await hq.admin.generateToken('correcting');
  await push(hq.url, token, [saleRecord('wrong', { currency: 'nonsense' })]);
  const { items } = (await send('GET', '/quarantine?storeId=correcting')).body;
  const replay = (record: string) =>
    send('POST', `/quarantine/${items[0].quarantineId}/replay`, { body: `{"record":${record}}` });
  for (const record of [
    '{"id":"\\u0000"}',
    '{"x":"\\ud800"}',
    `{"x":${'['.repeat(40_000)}${']'.repeat(40_000)}}`,
    '{"data":{"__proto__":1}}',
    '{"x":1e999}',
  ]) {
    const answer = await replay(record);
    expect([...statusOf(answer), answer.body.errors?.[0]?.path]).toEqual([
      400,
      'invalid_request',
      'body.record',
    ]);
  }
  // One near its bound is larger than other bodies may be.
  const large = JSON.stringify(saleRecord('wrong', { note: 'x'.repeat(200_000) }));
  expect((await replay(large)).status).toBe(200);
});

test('a set takes every store of a large chain', async () => {
  await hq.database.pool.query(
    `insert into hq.store (store_id, name, timezone, currency) select 'member-of-the-chain-' || n, 'x', 'UTC', 'USD' from generate_series(1, 10000) n`,
  );
  const storeIds = Array.from({ length: 10_000 }, (_, index) => `member-of-the-chain-${index + 1}`);
  const made = await send('PUT', '/sets/everybody', { body: { storeIds } });
  expect(made.status).toBe(200);
  expect(made.body.storeIds).toHaveLength(10_000);
});

describe('If-Match', () => {
  const change = (ifMatch: string, name = 'x') =>
    send('PATCH', '/stores/s1', { headers: { 'if-match': ifMatch }, body: { name } });

  test.each(['W/"x"', '"x"', 'x', '"', '*, "x"', ','])('%s is none that HQ has given', async (ifMatch) => {
    expect(statusOf(await change(ifMatch))).toEqual([412, 'precondition_failed']);
  });

  test('takes one of a list, and any with *; a weak one is not strong enough', async () => {
    const etag = (await send('GET', '/stores/s1')).headers.get('etag')!;
    expect((await change(`W/${etag}`)).status).toBe(412);
    expect((await change(`"x" , ${etag}`)).status).toBe(200);
    expect((await change('*')).status).toBe(200);
  });

  test('* is of what there is', async () => {
    const put = (ifMatch: string) =>
      send('PUT', '/sets/none-yet', { headers: { 'if-match': ifMatch }, body: { storeIds: [] } });
    expect(statusOf(await put('*'))).toEqual([412, 'precondition_failed']);
    expect((await send('GET', '/sets/none-yet')).status).toBe(404);
    await send('PUT', '/sets/none-yet', { body: { storeIds: [] } });
    expect((await put('*')).status).toBe(200);
  });
});

describe('a page', () => {
  test('after what is not there, or no more, is refused instead of being the last', async () => {
    const scope = { storeId: 's1' };
    const days = ['2027-01-01', '2027-01-02', '2027-01-03'];
    for (const day of days) await send('POST', '/holidays', { body: { day, name: 'x', scope } });
    const first = (await send('GET', '/holidays?limit=1')).body;
    await send('DELETE', `/holidays/${first.next}`);
    const after = await send('GET', `/holidays?limit=1&after=${first.next}`);
    expect([...statusOf(after), after.body.errors?.[0]?.path]).toEqual([
      400,
      'invalid_request',
      'query.after',
    ]);
    for (const list of ['/tokens', '/resync-jobs', '/resync-rollouts', '/maintenance-windows'])
      expect([list, (await send('GET', `${list}?after=${randomUUID()}`)).status]).toEqual([list, 400]);
  });

  test.each([
    '/stores?after=%00',
    '/errors?after=-1',
    '/audit?after=1e3',
    '/holidays?after=x',
    '/stores?limit=0',
    '/stores?limit=1001',
    '/stores?limit=1&limit=2',
    '/stores?limit=NaN',
    '/audit?since=0000-01-01T00:00:00Z',
    '/audit?since=10000-01-01T00:00:00Z',
    '/errors/9007199254740993',
    '/errors/1e400',
  ])('%s is refused by its field', async (path) => {
    expect(statusOf(await send('GET', path))).toEqual([400, 'invalid_request']);
  });
});

describe('times', () => {
  const holiday = (day: string) => ({ day, name: 'x', scope: { all: true } });
  const window = (startsAt: string | undefined, endsAt: string) => ({
    scope: { all: true },
    reason: 'x',
    startsAt,
    endsAt,
  });
  test.each<[string, string, object]>([
    ['a holiday of the year 0', '/holidays', holiday('0000-01-01')],
    ['a holiday of the year 10000', '/holidays', holiday('10000-01-01')],
    ['a holiday that is no day', '/holidays', holiday('2026-02-30')],
    [
      'a window that ends in the year 10000',
      '/maintenance-windows',
      window(undefined, '10000-01-01T00:00:00Z'),
    ],
    [
      'one that does so in UTC',
      '/maintenance-windows',
      window('9999-12-31T00:00:00Z', '9999-12-31T23:59:59-14:00'),
    ],
    ['a window of a thousand years', '/maintenance-windows', window(undefined, '3026-01-01T00:00:00Z')],
    ['a window that ended', '/maintenance-windows', window(undefined, '2020-01-01T00:00:00Z')],
    [
      'a window that ends before it begins',
      '/maintenance-windows',
      window('2030-01-02T00:00:00Z', '2030-01-01T00:00:00Z'),
    ],
    ['a window without a zone', '/maintenance-windows', window(undefined, '2030-01-01T00:00:00')],
    ['a negative grace', '/stores/s1/tokens/rotate', { graceMinutes: -1 }],
    ['no days', '/stores/s1/tokens', { expiresInDays: 0 }],
    ['days without end', '/stores/s1/tokens', { expiresInDays: 1e308 }],
    ['half a minute', '/stores/s1/enrolment-codes', { expiresInMinutes: 0.5 }],
  ])('%s: refused by its field', async (_, path, body) => {
    expect(statusOf(await send('POST', path, { body }))).toEqual([400, 'invalid_request']);
  });
});

describe('a rotation', () => {
  test('asked for again before the store has answered is as it was said last', async () => {
    await hq.admin.createStore({ storeId: 'rotating' });
    const { token } = await hq.admin.generateToken('rotating');
    const socket = await WireStore.connect(hq.url, token);
    await eventually(
      'its token was used',
      () => send('GET', '/stores/rotating/tokens'),
      ({ body }) => body.items[0].firstUsedAt !== null,
    );
    const ask = (graceMinutes: number) =>
      send('POST', '/stores/rotating/tokens/rotate', { body: { graceMinutes } });
    const { commandId } = (await ask(10_080)).body;
    expect((await ask(0)).body.commandId).toBe(commandId);
    const secret = `hqs_${'n'.repeat(43)}`;
    const secretHash = createHash('sha256').update(secret).digest('hex');
    socket.send({ type: 'new_token', commandId, secretHash });
    await socket.next('new_token_known');
    const grace = async () =>
      (
        await hq.database.pool.query(
          `select extract(epoch from grace)::integer as seconds from hq.store_token where grace is not null`,
        )
      ).rows;
    expect(await grace()).toEqual([{ seconds: 0 }]);
    // Also once the store has made it: it counts from its first use.
    await ask(5);
    expect(await grace()).toEqual([{ seconds: 300 }]);
    await socket.close();
  });
});

test('of three tokens the two newest, revoked at once, leave the oldest one working', async () => {
  for (let round = 0; round < 10; round += 1) {
    const storeId = `revoked-${round}`;
    await hq.admin.createStore({ storeId });
    const made: { tokenId: string }[] = [];
    for (let number = 0; number < 3; number += 1) made.push(await hq.admin.generateToken(storeId));
    await Promise.all(
      made.slice(1).map(({ tokenId }) => send('DELETE', `/stores/${storeId}/tokens/${tokenId}`)),
    );
    const { items } = (await send('GET', `/stores/${storeId}/tokens`)).body;
    expect(items.at(-1)).toMatchObject({ tokenId: made[0]!.tokenId, state: 'active', supersededAt: null });
  }
});

test('a change that the database ends for the sake of another is made anew', async () => {
  for (const storeId of ['dead', 'lock']) await hq.admin.createStore({ storeId });
  const other = await hq.database.pool.connect();
  // Theirs waits on: the one that is ended is the change's.
  await other.query(`begin; set local deadlock_timeout = '60s'`);
  await other.query(`select from hq.store where store_id = 'lock' for update`);
  // Holds its members in the order of their ids.
  const set = send('PUT', '/sets/locked', { body: { storeIds: ['dead', 'lock'] } });
  await eventually(
    'it waits',
    () =>
      hq.database.pool.query(
        `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
      ),
    ({ rowCount }) => rowCount === 1,
  );
  await other.query(`select from hq.store where store_id = 'dead' for update`);
  await other.query('rollback');
  other.release();
  expect((await set).status).toBe(200);
});

test('a change whose answer is lost is answered, not made again, under its key', async () => {
  const body = JSON.stringify({ storeId: 'unheard', name: 'x', timezone: 'UTC', currency: 'USD' });
  const socket = connect(hq.port, '127.0.0.1');
  socket.write(
    `POST /admin/v1/stores HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${hq.admin.token}\r\n` +
      `Idempotency-Key: unheard\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  );
  const rows = async () => (await send('GET', '/audit?storeId=unheard')).body.items;
  await eventually('it is made', rows, ({ length }) => length === 1);
  socket.destroy();
  const again = await send('POST', '/stores', { headers: { 'idempotency-key': 'unheard' }, body });
  expect(again).toMatchObject({ status: 201, body: { storeId: 'unheard' } });
  expect(await rows()).toHaveLength(1);
  // As the same person at another address, in another spelling, or with another body it is another request.
  for (const [path, other] of [
    ['/stores/', body],
    ['/STORES', body],
    ['/stores?x=1', body],
    ['/stores', body.replace('"x"', '"y"')],
    ['/stores/s1/archive', '{}'],
  ] as const) {
    const answer = await send('POST', path, { headers: { 'idempotency-key': 'unheard' }, body: other });
    expect([path, ...statusOf(answer)]).toEqual([path, 422, 'idempotency_key_reused']);
  }
});

describe('enrolment', () => {
  const enrol = (code: string, secretHash: string) =>
    fetch(`${hq.url}/v1/enrol`, { method: 'POST', body: JSON.stringify({ code, secretHash }) });
  const hash = () => createHash('sha256').update(randomUUID()).digest('hex');
  const newCode = async (storeId: string) => {
    await hq.admin.createStore({ storeId });
    return (await send('POST', `/stores/${storeId}/enrolment-codes`, { body: {} })).body as {
      code: string;
      codeId: string;
    };
  };

  test('of two machines with one code at once lets in one', async () => {
    const { code } = await newCode('contested');
    const answers = await Promise.all(Array.from({ length: 8 }, () => enrol(code, hash())));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array(7).fill(403)]);
    expect((await send('GET', '/stores/contested/tokens')).body.items).toHaveLength(1);
  });

  test('ends with the code, and with a newer one', async () => {
    const { code, codeId } = await newCode('late');
    await hq.database.pool.query('update hq.enrolment_code set expires_at = now() where code_id = $1', [
      codeId,
    ]);
    expect((await enrol(code, hash())).status).toBe(403);
    const first = (await send('POST', '/stores/late/enrolment-codes', { body: {} })).body;
    const second = (await send('POST', '/stores/late/enrolment-codes', { body: {} })).body;
    expect((await enrol(first.code, hash())).status).toBe(403);
    await send('POST', '/stores/late/archive', { body: {} });
    expect((await enrol(second.code, hash())).status).toBe(403);
  });

  test('takes no hash of a token that another store has', async () => {
    const { token } = await hq.admin.generateToken('s1');
    const { code } = await newCode('thief');
    expect((await enrol(code, createHash('sha256').update(token).digest('hex'))).status).toBe(403);
    expect((await enrol(code, hash())).status).toBe(200);
  });

  test('refused thirty times is told to wait, exactly then', async () => {
    const guarded = await startTestCollector();
    try {
      const guess = () =>
        fetch(`${guarded.url}/v1/enrol`, {
          method: 'POST',
          body: JSON.stringify({ code: `hqe_${'x'.repeat(43)}`, secretHash: hash() }),
        });
      const answers = await Promise.all(Array.from({ length: 33 }, guess));
      expect(answers.map(({ status }) => status).sort()).toEqual([...Array(30).fill(403), 429, 429, 429]);
      const told = answers.find(({ status }) => status === 429)!;
      const { retryAfterSeconds } = (await told.json()) as { retryAfterSeconds: number };
      expect(String(retryAfterSeconds)).toBe(told.headers.get('retry-after'));
      expect(retryAfterSeconds).toBeGreaterThan(2);
    } finally {
      await guarded.stop();
    }
  });
});

describe('the name of a person', () => {
  test('in a header is UTF-8, of bounded length, and holds nothing that a terminal obeys', async () => {
    const { token } = (
      await send('POST', '/admin-tokens', { body: { name: 'grafana', role: 'admin', speaksForPeople: true } })
    ).body;
    const names = ['müller 🛒', 'x'.repeat(5_000), '\u009b31m red', '\u202eevil', ' '];
    for (const [number, name] of names.entries())
      await send('POST', '/stores', {
        token,
        headers: { 'x-grafana-user': Buffer.from(name).toString('latin1') },
        body: { storeId: `named-${number}`, name: 'x', timezone: 'UTC', currency: 'USD' },
      });
    const { items } = (await send('GET', '/audit?action=store.create&limit=1000')).body;
    const actors = names.map(
      (_, number) => items.find((row: { storeId: string }) => row.storeId === `named-${number}`)?.actor,
    );
    expect(actors).toEqual([
      'müller 🛒 (grafana)',
      `${'x'.repeat(200)} (grafana)`,
      '31m red (grafana)',
      'evil (grafana)',
      'grafana',
    ]);
  });
});

describe('texts that only try', () => {
  const evil: [string, string][] = [
    ['NUL', '"a\\u0000b"'],
    ['half a pair', '"\\ud800"'],
    ['1e308', '1e308'],
    ['1e999', '1e999'],
    ['a long text', JSON.stringify('x'.repeat(60_000))],
    ['a list', '[]'],
    ['an object', '{"__proto__":{"role":"admin"}}'],
    ['null', 'null'],
    ['a line break', '"a\\nb"'],
    ['true', 'true'],
  ];
  /** The fields of each body, from its own schema. */
  const routes = adminEndpoints.filter(({ body }) => body !== undefined);

  test.each(evil)('%s in each field of each body is never an error of HQ', async (_, value) => {
    for (const { method, path, body } of routes) {
      const target = path
        .replace('{quarantineId}', '1')
        .replace('{episodeId}', '1')
        .replace('{storeId}', 's1')
        .replace('{set}', 'x')
        .replace(/\{\w+\}/g, randomUUID());
      for (const field of Object.keys((body as unknown as { shape: object }).shape)) {
        const answer = await send(method.toUpperCase(), target, {
          body: `{${JSON.stringify(field)}:${value}}`,
        });
        expect([path, field, answer.status < 500]).toEqual([path, field, true]);
      }
    }
  });

  test('a prototype in a body is a field that nobody knows', async () => {
    const body = `{"storeId":"proto","name":"x","timezone":"UTC","currency":"USD","__proto__":{"tags":["x"]}}`;
    const { status } = await send('POST', '/stores', { body });
    if (status === 201) expect((await send('GET', '/stores/proto')).body.tags).toEqual([]);
    else expect(status).toBe(400);
  });

  test('a field said twice counts as it was said last, in what is done and in what is logged', async () => {
    const body = `{"storeId":"twice","name":"first","name":"last","timezone":"UTC","currency":"USD"}`;
    expect((await send('POST', '/stores', { body })).body.name).toBe('last');
    const { items } = (await send('GET', '/audit?storeId=twice')).body;
    expect(items[0].detail.name).toBe('last');
  });
});
