// One subject: what a push may have wrong, row by row of the table of errors; long because each row is a case of its own.

import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { eventually } from '@hq-sync/testkit/eventually';
import { startTestCollector, type TestCollector } from '@hq-sync/testkit/test-collector';
import { push, saleRecord, WireStore } from '@hq-sync/testkit/wire-store';

let hq: TestCollector;
let storeId: string;
let token: string;
beforeAll(async () => {
  hq = await startTestCollector({
    settings: { HQ_BODY_STALL_MS: '300', HQ_MAX_QUARANTINED_PER_STORE: '60' },
  });
});
afterAll(() => hq.stop());

let stores = 0;
async function newStore(settings: Record<string, unknown> = {}): Promise<void> {
  storeId = `s${(stores += 1)}`;
  await hq.admin.createStore({ storeId, ...settings });
  token = (await hq.admin.generateToken(storeId)).token;
}

const sql = async (text: string, more: unknown[] = []) =>
  (await hq.database.pool.query(text, [storeId, ...more])).rows;

/** What a failed operation must leave: its row, its episode, its total; and nothing of the batch. */
async function expectFailure(code: string, kind: string): Promise<void> {
  const errors = await eventually(
    'the error row',
    () => sql('select code, kind from hq_view.sync_errors where store_id = $1'),
    (rows) => rows.length > 0,
  );
  expect(errors).toContainEqual({ code, kind });
  expect(await sql('select succeeded, code, kind from hq_view.sync_log where store_id = $1')).toContainEqual({
    succeeded: false,
    code,
    kind,
  });
  expect(await sql('select kind, open from hq_view.error_episodes where store_id = $1')).toContainEqual({
    kind,
    open: true,
  });
  expect(await sql('select total::int from hq.store_error_total where store_id = $1')).toEqual([
    { total: 1 },
  ]);
  expect(await sql('select 1 from hq_view.pushed_records where store_id = $1')).toEqual([]);
  const metrics = await (await fetch(`${hq.url}/metrics`)).text();
  expect(metrics).toMatch(new RegExp(`hq_collector_sync_failures_total\\{code="${code}"\\} [1-9]`));
}

describe('a batch that HQ refuses', () => {
  test('over the limit of records: 413 with the limits', async () => {
    await newStore();
    const answer = await push(
      hq.url,
      token,
      Array.from({ length: 501 }, (_, index) => saleRecord(`s${index}`)),
    );
    expect(answer.status).toBe(413);
    expect(answer.body).toMatchObject({
      code: 'batch_too_large',
      retry: false,
      limits: { maxBatchRecords: 500, maxBatchBytes: 1_048_576, maxRecordBytes: 262_144 },
    });
    await expectFailure('batch_too_large', 'payload_too_large');
  });

  test('over the limit of bytes: 413, however small it was on the wire', async () => {
    await newStore();
    const answer = await push(hq.url, token, gzipSync(Buffer.alloc(50_000_000, ' ')), {
      headers: { 'content-encoding': 'gzip' },
    });
    expect(answer.status).toBe(413);
    await expectFailure('batch_too_large', 'payload_too_large');
  });

  test('with one record over the limit: 413 names the line', async () => {
    await newStore();
    const answer = await push(hq.url, token, [
      saleRecord('a'),
      saleRecord('b', { note: 'x'.repeat(262_144) }),
    ]);
    expect(answer.body).toMatchObject({ status: 413, code: 'record_too_large', line: 2 });
    await expectFailure('record_too_large', 'payload_too_large');
  });

  test('of a schema version that HQ does not take: 409 with expected and actual', async () => {
    await newStore();
    const answer = await push(hq.url, token, [saleRecord('a')], { headers: { 'hq-schema-version': '1' } });
    expect(answer.body).toMatchObject({
      status: 409,
      code: 'schema_mismatch',
      expected: [2],
      actual: 1,
      retry: true,
    });
    await expectFailure('schema_mismatch', 'schema_mismatch');
  });

  test.each([
    ['cut short', (body: Buffer) => body.subarray(0, body.length - 12)],
    [
      'with a checksum that lies',
      (body: Buffer) => Buffer.concat([body.subarray(0, body.length - 8), Buffer.alloc(8, 1)]),
    ],
    ['that is no gzip at all', () => Buffer.from('{"id":"a"}\n')],
  ])('as gzip %s: 400', async (_, spoil) => {
    await newStore();
    const body = spoil(gzipSync(`${JSON.stringify(saleRecord('a'))}\n`));
    const answer = await push(hq.url, token, body, { headers: { 'content-encoding': 'gzip' } });
    expect(answer.body).toMatchObject({ status: 400, code: 'gzip_invalid', retry: true });
    await expectFailure('gzip_invalid', 'malformed_request');
  });

  test('whose body stalls: 408', async () => {
    await newStore();
    const answer = await rawPush([JSON.stringify(saleRecord('a'))], 10_000);
    expect(answer).toMatch(/^HTTP\/1.1 408 /);
    expect(answer).toContain('body_timeout');
    await expectFailure('body_timeout', 'network_timeout');
  });

  test('whose sender vanishes in the middle: a row, no answer', async () => {
    await newStore();
    const answer = await rawPush([JSON.stringify(saleRecord('a'))], 10_000, 'destroy');
    expect(answer).toBe('');
    await expectFailure('body_incomplete', 'network_timeout');
  });

  test('whose sender has vanished before its token was looked up: the same, without a wait', async () => {
    await newStore();
    const client = await hq.database.pool.connect();
    await client.query('begin');
    try {
      await client.query('lock table hq.store_token');
      await rawPush([JSON.stringify(saleRecord('a'))], 10_000, 'destroy');
      await eventually(
        'the look-up waits',
        async () => (await client.query('select 1 from pg_locks where not granted')).rowCount,
        (waiting) => waiting! > 0,
      );
    } finally {
      await client.query('commit');
      client.release();
    }
    await expectFailure('body_incomplete', 'network_timeout');
  });

  test.each([
    ['without a batch id', { 'hq-batch-id': undefined }, 400, 'headers_invalid'],
    ['without a schema version', { 'hq-schema-version': undefined }, 400, 'headers_invalid'],
    ['as JSON', { 'content-type': 'application/json' }, 415, 'content_type_unsupported'],
    ['in an unknown encoding', { 'content-encoding': 'br' }, 415, 'content_encoding_unsupported'],
  ])('%s: %s %s', async (_, headers, status, code) => {
    await newStore();
    expect((await push(hq.url, token, [saleRecord('a')], { headers })).body).toMatchObject({ status, code });
    await expectFailure(code, 'malformed_request');
  });

  test('without a record: 400', async () => {
    await newStore();
    expect((await push(hq.url, token, ['', ''])).body).toMatchObject({ status: 400, code: 'batch_empty' });
    await expectFailure('batch_empty', 'malformed_request');
  });

  test('of an entity that goes the other way, or that nobody knows', async () => {
    await newStore();
    expect((await push(hq.url, token, [saleRecord('a')], { entity: 'products' })).body).toMatchObject({
      status: 409,
      code: 'entity_not_pushed',
    });
    expect((await push(hq.url, token, [saleRecord('a')], { entity: 'dragons' })).body).toMatchObject({
      status: 404,
      code: 'entity_unknown',
    });
    expect(await sql('select code from hq_view.sync_errors where store_id = $1 order by 1')).toEqual([
      { code: 'entity_not_pushed' },
      { code: 'entity_unknown' },
    ]);
  });
});

describe('a record that HQ refuses is held, and the rest of its batch commits', () => {
  const good = saleRecord('good');
  test.each<[string, unknown, string]>([
    ['no JSON', '{"id": "bad", ', 'record_not_json'],
    ['no object', '[1]', 'record_not_json'],
    ['invalid UTF-8', Buffer.from([0x7b, 0xff, 0x7d]), 'record_not_json'],
    ['no revision', { id: 'bad', data: good.data }, 'record_invalid'],
    ['a float for money', saleRecord('bad', { grossMinor: 10.5 }), 'record_invalid'],
    ['a negative amount', saleRecord('bad', { taxMinor: -1 }), 'record_invalid'],
    [
      'an instant without offset',
      saleRecord('bad', { completedAt: '2026-03-10T12:00:00' }),
      'record_invalid',
    ],
    [
      'an instant before the century',
      saleRecord('bad', { completedAt: '0000-01-01T00:00:00Z' }),
      'record_invalid',
    ],
    ['lines that do not add up', saleRecord('bad', { lines: [] }), 'record_totals_differ'],
    ['a foreign currency', saleRecord('bad', { currency: 'EUR' }), 'record_foreign_currency'],
    [
      'an instant two days ahead',
      saleRecord('bad', { completedAt: new Date(Date.now() + 48 * 3_600_000).toISOString() }),
      'record_in_the_future',
    ],
    ['U+0000 in a text', saleRecord('bad', { note: 'a\u0000b' }), 'record_text_invalid'],
    [
      'half a surrogate pair',
      `{"id":"bad","revision":1,"data":${JSON.stringify(good.data).replace('{', '{"note":"\\ud800",')}}`,
      'record_text_invalid',
    ],
    [
      'a number beyond a double',
      `{"id":"bad","revision":1,"data":${JSON.stringify(good.data).replace('{', '{"note":1e999,')}}`,
      'record_unstorable',
    ],
    [
      'a number of 400 digits',
      `{"id":"bad","revision":1,"data":${JSON.stringify(good.data).replace('{', `{"note":${'9'.repeat(400)},`)}}`,
      'record_unstorable',
    ],
    [
      'a key that copies of an object lose',
      `{"id":"bad","revision":1,"data":${JSON.stringify(good.data).replace('{', '{"__proto__":{"a":1},')}}`,
      'record_unstorable',
    ],
    [
      'a nesting over the bound',
      `{"id":"bad","revision":1,"data":${JSON.stringify(good.data).replace('{', `{"note":${'['.repeat(100)}${']'.repeat(100)},`)}}`,
      'record_unstorable',
    ],
    [
      'a nesting beyond the stack',
      `{"id":"bad","revision":1,"data":${JSON.stringify(good.data).replace('{', `{"note":${'['.repeat(20_000)}${']'.repeat(20_000)},`)}}`,
      'record_unstorable',
    ],
  ])('%s', async (_, bad, code) => {
    await newStore();
    const answer = await push(hq.url, token, [saleRecord('first'), bad, saleRecord('last')]);
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({ accepted: 2, quarantined: 1 });
    expect(answer.body.records[1]).toMatchObject({ line: 2, outcome: 'quarantined', code });
    expect(await sql('select record_id from hq_view.pushed_records where store_id = $1 order by 1')).toEqual([
      { record_id: 'first' },
      { record_id: 'last' },
    ]);
    const held = await sql(
      'select code, content, state from hq_view.quarantined_records where store_id = $1',
    );
    expect(held).toEqual([
      {
        code,
        state: 'held',
        content: Buffer.isBuffer(bad)
          ? bad
          : Buffer.from(typeof bad === 'string' ? bad : JSON.stringify(bad)),
      },
    ]);
    expect(await sql('select kind, code, open from hq_view.error_episodes where store_id = $1')).toEqual([
      { kind: 'record_rejected', code, open: true },
    ]);
    expect(await sql('select code from hq_view.sync_errors where store_id = $1')).toEqual([{ code }]);
  });

  test('what is unusual and right is taken, and is a duplicate in any spelling', async () => {
    await newStore();
    const data = { ...(good.data as object), deep: JSON.parse('['.repeat(99) + ']'.repeat(99)) as unknown };
    // More digits than a double has.
    const usual = JSON.stringify({ id: 'a', revision: 1, data }).replace(
      '"data":{',
      '"data":{"ean":1234567890123456789,',
    );
    const spellings = [
      usual,
      ` ${usual}`,
      usual.replace('"data":', '"data":\t'),
      usual.replace(/}$/, ',"meta":{"till":1}}'),
      usual.replace('{', '{"meta":1,'),
      usual.replace('"sale"', '"\\u0073ale"'),
      // The last of two members of a name is the one that counts.
      usual.replace('"data":', '"data":{"kind":"none"},"data":'),
    ];
    const answer = await push(hq.url, token, spellings);
    expect(answer.body).toMatchObject({ accepted: 1, duplicate: spellings.length - 1, quarantined: 0 });
    for (const spelling of spellings) {
      await newStore();
      expect((await push(hq.url, token, [spelling])).body).toMatchObject({ accepted: 1 });
      expect((await push(hq.url, token, [usual])).body).toMatchObject({ duplicate: 1 });
      expect(
        await sql(`select data = $2::jsonb as same from hq_view.pushed_records where store_id = $1`, [
          JSON.stringify((JSON.parse(usual) as { data: object }).data),
        ]),
      ).toEqual([{ same: true }]);
    }
  });

  test('an entity that HQ does not know opens no episode, whatever else is wrong', async () => {
    await newStore();
    await push(hq.url, token, [good], { entity: 'made_up', headers: { 'hq-batch-id': undefined } });
    const rows = await sql('select entity from hq_view.error_episodes where store_id = $1');
    expect(rows).toEqual([{ entity: null }]);
  });

  test('a value that only the database refuses', async () => {
    await newStore();
    await hq.database.pool.query(`
      create or replace function refuse() returns trigger language plpgsql as $$ begin raise 'no' using errcode = '22003'; end $$;
      create or replace trigger refuse before insert on hq.pushed_record for each row when (new.record_id = 'cursed') execute function refuse();`);
    const batch = [saleRecord('a'), saleRecord('b'), saleRecord('cursed'), saleRecord('d'), saleRecord('e')];
    const answer = await push(hq.url, token, batch);
    expect(answer.body).toMatchObject({ accepted: 4, quarantined: 1 });
    expect(
      answer.body.records.map((record: { line: number; outcome: string }) => [record.line, record.outcome]),
    ).toEqual([
      [1, 'accepted'],
      [2, 'accepted'],
      [3, 'quarantined'],
      [4, 'accepted'],
      [5, 'accepted'],
    ]);
  });

  test('the same revision with other content', async () => {
    await newStore();
    await push(hq.url, token, [saleRecord('a', { terminalId: 'T1' })]);
    const answer = await push(hq.url, token, [saleRecord('a', { terminalId: 'T2' }), good]);
    expect(answer.body.records).toEqual([
      expect.objectContaining({ outcome: 'quarantined', code: 'record_revision_conflict' }),
      expect.objectContaining({ outcome: 'accepted' }),
    ]);
    expect(
      await sql(
        `select data ->> 'terminalId' as terminal from hq_view.pushed_records where store_id = $1 and record_id = 'a'`,
      ),
    ).toEqual([{ terminal: 'T1' }]);
  });

  test('-0 sent again is the same content', async () => {
    await newStore();
    const line = JSON.stringify(saleRecord('z', { note: 7, completedAt: '2026-01-02T12:00:00Z' })).replace(
      '"note":7',
      '"note":-0',
    );
    await push(hq.url, token, [line]);
    expect((await push(hq.url, token, [line])).body).toMatchObject({ duplicate: 1, quarantined: 0 });
  });

  test('sent again it is held once; replayed after the cure it counts once and the episode ends', async () => {
    await newStore();
    const foreign = saleRecord('f', { currency: 'EUR', completedAt: '2026-01-02T12:00:00Z' });
    await push(hq.url, token, [foreign]);
    await push(hq.url, token, [foreign]);
    const held = await sql(
      'select quarantine_id::int, times from hq_view.quarantined_records where store_id = $1',
    );
    expect(held).toEqual([{ quarantine_id: expect.any(Number), times: 2 }]);
    await push(hq.url, token, [good]);
    expect(await sql('select open from hq_view.error_episodes where store_id = $1')).toEqual([
      { open: true },
    ]);

    await hq.admin.call('PATCH', `/stores/${storeId}`, { currency: 'EUR' });
    const replayed = await hq.admin.call('POST', `/quarantine/${held[0].quarantine_id}/replay`, {});
    expect(replayed.body).toMatchObject({ outcome: 'accepted', id: 'f' });
    expect(await sql('select open from hq_view.error_episodes where store_id = $1')).toEqual([
      { open: false },
    ]);
    expect(
      await sql(`select sales_count::int from hq_view.activity where store_id = $1 and currency = 'EUR'`),
    ).toEqual([{ sales_count: 1 }]);
    expect((await hq.admin.call('POST', `/quarantine/${held[0].quarantine_id}/replay`, {})).status).toBe(404);
  });

  test('a quarantine that is full takes no more, and loses nothing', async () => {
    await newStore();
    const bad = (from: number) =>
      Array.from({ length: 40 }, (_, index) => saleRecord(`b${from + index}`, { currency: 'EUR' }));
    expect((await push(hq.url, token, bad(0))).status).toBe(200);
    expect((await push(hq.url, token, bad(40))).body).toMatchObject({ status: 429, code: 'quarantine_full' });
    expect(
      await sql(`select count(*)::int as held from hq_view.quarantined_records where store_id = $1`),
    ).toEqual([{ held: 40 }]);
  });
});

describe('a token that HQ refuses', () => {
  test('is named for what it is, and counted in one row an hour', async () => {
    await newStore();
    const { tokenId } = await hq.admin.generateToken(storeId).then(async (newer) => {
      await hq.admin.call('DELETE', `/stores/${storeId}/tokens/${newer.tokenId}`);
      return { ...newer, tokenId: newer.token };
    });
    await hq.database.pool.query(
      `update hq.store_token set superseded_at = now() where store_id = $1 and revoked_at is null`,
      [storeId],
    );
    const codes = [];
    for (const used of ['hqs_stranger', tokenId, tokenId, token])
      codes.push((await push(hq.url, used, [saleRecord('a')])).body.code);
    await hq.database.pool.query(
      `update hq.store_token set superseded_at = null, expires_at = now() where store_id = $1 and revoked_at is null`,
      [storeId],
    );
    codes.push((await push(hq.url, token, [saleRecord('a')])).body.code);
    expect(codes).toEqual([
      'token_unknown',
      'token_revoked',
      'token_revoked',
      'token_superseded',
      'token_expired',
    ]);
    expect((await push(hq.url, '', [saleRecord('a')])).body.code).toBe('token_missing');

    const rows = await eventually(
      'one row a reason',
      async () =>
        (
          await hq.database.pool.query(
            'select reason, sum(failures)::int as failures from hq.auth_failure group by 1 order by 1',
          )
        ).rows,
      (found) => found.length === 5,
    );
    expect(rows).toContainEqual({ reason: 'token_revoked', failures: 2 });
    expect(
      await sql('select kind, entity, open, failures::int from hq_view.error_episodes where store_id = $1'),
    ).toEqual([{ kind: 'token_rejected', entity: null, open: true, failures: 4 }]);
    expect(await sql('select 1 from hq_view.sync_errors where store_id = $1')).toEqual([]);
  });

  test('refuses the upgrade with its code', async () => {
    await expect(WireStore.open(hq.url, 'hqs_stranger')).rejects.toThrow('401');
  });
});

/** Sends the head of a push with this announced length and only these bytes; resolves to all that came back. */
function rawPush(
  chunks: readonly string[],
  contentLength: number,
  then: 'wait' | 'destroy' = 'wait',
): Promise<string> {
  return new Promise((resolve) => {
    const { port } = new URL(hq.url);
    const socket = connect(Number(port), '127.0.0.1', () => {
      socket.write(
        `POST /v1/push/sales HTTP/1.1\r\nHost: hq\r\nAuthorization: Bearer ${token}\r\nContent-Type: application/x-ndjson\r\n` +
          `HQ-Batch-Id: b1\r\nHQ-Schema-Version: 2\r\nContent-Length: ${contentLength}\r\n\r\n${chunks.join('')}`,
        () => {
          if (then === 'destroy') setTimeout(() => socket.destroy(), 100);
        },
      );
    });
    let answer = '';
    socket.on('data', (data) => (answer += data.toString()));
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(answer));
  });
}

test('gzip members may follow each other', async () => {
  await newStore();
  const members = Buffer.concat([
    gzipSync(`${JSON.stringify(saleRecord('a'))}\n`),
    gzipSync(`${JSON.stringify(saleRecord('b'))}\n`),
  ]);
  expect(
    (await push(hq.url, token, members, { headers: { 'content-encoding': 'gzip' } })).body,
  ).toMatchObject({ accepted: 2 });
});
