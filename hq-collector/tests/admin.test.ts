import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { adminClient } from '@hq-sync/testkit/admin-client';
import { startTestCollector, type TestCollector } from '@hq-sync/testkit/test-collector';
import { addAdminToken } from '../src/admin/admin-token.js';
import { roles } from '../src/admin/endpoint.js';
import { adminEndpoints } from '../src/admin/endpoints.js';

let hq: TestCollector;
beforeAll(async () => {
  hq = await startTestCollector();
});
afterAll(() => hq.stop());

const store = { name: 'Main Street', timezone: 'America/Denver', currency: 'USD' };

describe('stores', () => {
  test('are created, read, changed, listed by page, archived', async () => {
    const created = await hq.admin.call('POST', '/stores', {
      storeId: 'm1',
      ...store,
      region: 'West',
      openingHours: { mon: [['08:00', '22:00']] },
      dayCutover: '03:00',
    });
    expect(created).toMatchObject({
      status: 201,
      body: {
        storeId: 'm1',
        region: 'West',
        dayCutover: '03:00',
        openingHours: { mon: [['08:00', '22:00']] },
        archivedAt: null,
      },
    });
    expect((await hq.admin.call('POST', '/stores', { storeId: 'm1', ...store })).body).toMatchObject({
      status: 409,
      code: 'store_exists',
    });
    expect(
      (await hq.admin.call('PATCH', '/stores/m1', { region: null, name: 'High Street' })).body,
    ).toMatchObject({ name: 'High Street', region: null, dayCutover: '03:00' });
    await hq.admin.call('POST', '/stores', { storeId: 'm2', ...store });
    const first = await hq.admin.call('GET', '/stores?limit=1');
    const second = await hq.admin.call('GET', `/stores?limit=1&after=${first.body.next}`);
    expect([first.body.items[0].storeId, second.body.items[0].storeId, second.body.next]).toEqual([
      'm1',
      'm2',
      null,
    ]);
    await hq.admin.call('POST', '/stores/m2/archive', {});
    expect(
      (await hq.admin.call('GET', '/stores?archived=true')).body.items.map(
        (one: { storeId: string }) => one.storeId,
      ),
    ).toEqual(['m2']);
    expect((await hq.admin.call('PATCH', '/stores/m2', { name: 'x' })).body.code).toBe('store_archived');
    expect((await hq.admin.call('POST', '/stores/m2/tokens', {})).body.code).toBe('store_archived');
    expect((await hq.admin.call('GET', '/stores/nowhere')).body).toMatchObject({
      status: 404,
      code: 'store_not_found',
    });
  });

  test.each([
    ['an unknown zone', { timezone: 'Mars/Olympus' }, 'body.timezone'],
    ['a POSIX rule for a zone', { timezone: 'FOO+3' }, 'body.timezone'],
    ['a currency in words', { currency: 'Dollar' }, 'body.currency'],
    ['an unknown field', { colour: 'red' }, 'body'],
    ['a NUL', { name: 'a\u0000b' }, 'body.name'],
    ['an id that is an address of its own', { storeId: '..' }, 'body.storeId'],
    ['another', { storeId: '.' }, 'body.storeId'],
    ['a blank id', { storeId: ' ' }, 'body.storeId'],
    ['a blank after its region', { region: 'North ' }, 'body.region'],
    ['a blank name', { name: '\u00a0' }, 'body.name'],
    ['a time of day that is none', { dayCutover: '24:00' }, 'body.dayCutover'],
  ])('with %s are refused by field', async (_, wrong, path) => {
    const answer = await hq.admin.call('POST', '/stores', { storeId: 'bad', ...store, ...wrong });
    expect(answer).toMatchObject({ status: 400, body: { code: 'invalid_request', errors: [{ path }] } });
  });

  test('a body that is no JSON, and one that is too large', async () => {
    const send = (body: string | Buffer) =>
      fetch(`${hq.url}/admin/v1/stores`, {
        method: 'POST',
        body: body as string,
        headers: { authorization: `Bearer ${hq.admin.token}`, 'content-type': 'application/json' },
      });
    for (const body of ['{', Buffer.from('{"name":"M\u00fcller"}', 'latin1')])
      expect(await (await send(body)).json()).toMatchObject({ status: 400, code: 'body_not_json' });
    expect(await (await send(JSON.stringify('x'.repeat(200_000)))).json()).toMatchObject({
      status: 413,
      code: 'body_too_large',
    });
  });
});

test('the status of a store has the severity and the reason of the board', async () => {
  for (const storeId of ['no-server', 'never', 'cut', 'stale', 'behind', 'failing', 'sound'])
    await hq.admin.createStore({ storeId, region: 'board' });
  await hq.database.pool.query(`
    insert into hq.store_connection (store_id, connection_id, replica_id, connected_at, disconnected_at, disconnect_reason,
      connects_total, last_heartbeat_at, oldest_pending_at, schema_version, schema_compatible)
    select store_id, case when store_id <> 'cut' then gen_random_uuid() end, (select replica_id from hq.collector),
      clock_timestamp() - interval '30 minutes', clock_timestamp() - interval '20 minutes', 'socket closed',
      case when store_id = 'never' then 0 else 1 end, clock_timestamp(),
      case when store_id = 'behind' then clock_timestamp() - interval '6 minutes' end, 7, store_id <> 'failing'
    from hq.store where region = 'board' and store_id <> 'no-server';
    insert into hq.store_entity (store_id, entity, direction, last_success_at)
    select store_id, 'sales', 'push', clock_timestamp() - case when store_id = 'stale' then interval '11 minutes' else interval '1 minute' end
    from hq.store_connection`);
  const { rows: board } = await hq.database.pool.query<{ storeId: string }>(
    `select store_id as "storeId", reason, severity, stale from hq_view.store_board where region = 'board' order by store_id`,
  );
  expect(board).toHaveLength(7);
  const { items } = (await hq.admin.call('GET', '/status')).body;
  for (const expected of board) {
    expect(items.find(({ storeId }: { storeId: string }) => storeId === expected.storeId)).toMatchObject(
      expected,
    );
    const { store: one } = (await hq.admin.call('GET', `/stores/${expected.storeId}/status`)).body;
    expect(one).toMatchObject(expected);
  }
});

describe('tokens', () => {
  test('are shown once, kept as a hash, listed with their state', async () => {
    await hq.admin.createStore({ storeId: 't1' });
    const first = await hq.admin.generateToken('t1');
    expect(first.token).toMatch(/^hqs_[\w-]{43}$/);
    const second = await hq.admin.call('POST', '/stores/t1/tokens', { overlapMinutes: 0, expiresInDays: 30 });
    expect(second.status).toBe(201);
    const { body } = await hq.admin.call('GET', '/stores/t1/tokens');
    expect(body.items.map((one: { state: string }) => one.state)).toEqual(['active', 'superseded']);
    const dump = JSON.stringify([
      body,
      (await hq.database.pool.query('select * from hq.store_token, hq.audit_log')).rows,
    ]);
    expect(dump).not.toContain(first.token);
    expect((await hq.admin.call('DELETE', `/stores/t1/tokens/${second.body.tokenId}`)).body).toMatchObject({
      state: 'revoked',
    });
    expect(
      (await hq.admin.call('DELETE', '/stores/t1/tokens/00000000-0000-4000-8000-000000000000')).body.code,
    ).toBe('token_not_found');
  });
});

describe('roles', () => {
  const secrets = {
    viewer: 'viewer-token-of-the-tests',
    operator: 'operator-token-of-the-tests',
    admin: 'admin-token-of-the-tests-',
  };
  beforeAll(async () => {
    for (const role of roles) await addAdminToken(hq.database.pool as never, role, role, secrets[role]);
  });

  test('every route, every role: what is not allowed is 403, and nobody is 401', async () => {
    const allowed: Record<string, string[]> = {};
    for (const { method, path, role } of adminEndpoints) {
      const target = path
        .replace('{tokenId}', '00000000-0000-4000-8000-000000000000')
        .replace(/\{\w+\}/g, '999999');
      for (const who of roles) {
        const { status } = await adminClient(hq.url, secrets[who]).call(
          method.toUpperCase(),
          target,
          method === 'get' ? undefined : {},
        );
        if (status !== 403) (allowed[`${method} ${path}`] ??= []).push(who);
        expect(status === 403).toBe(roles.indexOf(who) < roles.indexOf(role));
        expect(status).toBeLessThan(500);
      }
      expect(
        (
          await adminClient(hq.url, 'nobody').call(
            method.toUpperCase(),
            target,
            method === 'get' ? undefined : {},
          )
        ).status,
      ).toBe(401);
    }
    expect(allowed).toMatchObject({
      'get /stores': ['viewer', 'operator', 'admin'],
      'post /stores': ['admin'],
      'post /quarantine/{quarantineId}/replay': ['operator', 'admin'],
    });
  });

  test('what changes something leaves an audit row: who, what, from where', async () => {
    await adminClient(hq.url, secrets.admin).call('POST', '/stores', { storeId: 'audited', ...store });
    const { body } = await hq.admin.call('GET', '/audit?storeId=audited');
    expect(body.items).toEqual([
      expect.objectContaining({
        actor: 'admin',
        action: 'store.create',
        source: expect.stringContaining('127.0.0.1'),
        detail: expect.objectContaining({ name: 'Main Street' }),
      }),
    ]);
  });
});

test('the OpenAPI document has every route and no other', async () => {
  const document = (await (await fetch(`${hq.url}/openapi.json`)).json()) as {
    openapi: string;
    paths: Record<string, Record<string, unknown>>;
  };
  expect(document.openapi).toBe('3.1.0');
  const documented = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method} ${path}`),
  );
  const admin = adminEndpoints.map(({ method, path }) => `${method} /admin/v1${path}`);
  expect(documented.sort()).toEqual(
    [
      ...admin,
      'get /healthz',
      'get /metrics',
      'get /metrics/stores',
      'get /openapi.json',
      'get /readyz',
      'post /v1/enrol',
      'post /v1/pull/{entity}',
      'post /v1/push/{entity}',
    ].sort(),
  );
});

test('health and readiness', async () => {
  expect((await fetch(`${hq.url}/healthz`)).status).toBe(200);
  expect(await (await fetch(`${hq.url}/readyz`)).json()).toEqual({
    accepting: true,
    lease: true,
    postgres: true,
  });
  expect(await (await fetch(`${hq.url}/nowhere`)).json()).toMatchObject({ code: 'not_found' });
});
