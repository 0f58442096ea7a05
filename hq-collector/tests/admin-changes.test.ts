import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { adminClient } from '@hq-sync/testkit/admin-client';
import { startTestCollector, type TestCollector } from '@hq-sync/testkit/test-collector';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

let hq: TestCollector;
beforeAll(async () => {
  hq = await startTestCollector();
});
afterAll(() => hq.stop());

/** With headers of its own, and the answer's headers. */
async function send(
  method: string,
  path: string,
  { token = hq.admin.token, headers = {}, body = {} as unknown, url = hq.url } = {},
) {
  const response = await fetch(`${url}/admin/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers },
    ...(method !== 'GET' && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    // eslint-disable-next-line @typescript-eslint/no-explicit-any -- the tests know what they asked for
    body: (text === '' ? null : JSON.parse(text)) as any,
  };
}

const store = { name: 'Main Street', timezone: 'America/Denver', currency: 'USD' };
const auditOf = async (action: string, storeId: string) =>
  (await send('GET', `/audit?action=${action}&storeId=${storeId}`)).body.items;

describe('the same request again under its idempotency key', () => {
  test('is answered and not done again, also when both come at once and when HQ is another replica', async () => {
    const replica = await hq.replica();
    const headers = { 'idempotency-key': randomUUID() };
    const body = { storeId: 'once', ...store };
    const answers = await Promise.all([
      send('POST', '/stores', { headers, body }),
      send('POST', '/stores', { headers, body }),
      send('POST', '/stores', { headers, body, url: replica.url }),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([201, 201, 201]);
    expect(new Set(answers.map((answer) => JSON.stringify(answer.body))).size).toBe(1);
    expect(await auditOf('store.create', 'once')).toHaveLength(1);
    await replica.stop();
  });

  test('is a mistake with another body, another path or other lines', async () => {
    const headers = { 'idempotency-key': 'k-1' };
    await send('POST', '/stores', { headers, body: { storeId: 'k1', ...store } });
    const other = await send('POST', '/stores', { headers, body: { storeId: 'k2', ...store } });
    expect(other).toMatchObject({ status: 422, body: { code: 'idempotency_key_reused' } });
    expect((await send('GET', '/stores/k2')).status).toBe(404);
    const upload = { 'idempotency-key': 'k-2', 'content-type': 'application/x-ndjson' };
    const path = '/entities/products/records';
    const first = await send('POST', path, { headers: upload, body: '{"id":"a","data":{}}\n' });
    expect(await send('POST', path, { headers: upload, body: '{"id":"a","data":{}}\n' })).toMatchObject({
      status: 200,
      body: first.body,
    });
    expect((await send('POST', path, { headers: upload, body: '{"id":"b","data":{}}\n' })).status).toBe(422);
  });

  test('belongs to who sent it, and a refused request leaves it free', async () => {
    const { body: made } = await send('POST', '/admin-tokens', { body: { name: 'other', role: 'admin' } });
    const headers = { 'idempotency-key': 'shared' };
    expect((await send('POST', '/stores', { headers, body: { storeId: 'mine', ...store } })).status).toBe(
      201,
    );
    const theirs = await send('POST', '/stores', {
      token: made.token,
      headers,
      body: { storeId: 'theirs', ...store },
    });
    expect(theirs.status).toBe(201);
    const again = { 'idempotency-key': 'after-refusal' };
    expect(
      (await send('POST', '/stores', { headers: again, body: { storeId: 'mine', ...store } })).status,
    ).toBe(409);
    expect(
      (await send('POST', '/stores', { headers: again, body: { storeId: 'free', ...store } })).status,
    ).toBe(201);
  });

  test('never brings a secret back: it is in no table', async () => {
    const headers = { 'idempotency-key': 'secret' };
    const first = await send('POST', '/stores/once/tokens', { headers });
    expect(first.headers.get('cache-control')).toBe('no-store');
    expect(await send('POST', '/stores/once/tokens', { headers })).toMatchObject({
      status: 409,
      body: { code: 'secret_shown_once' },
    });
    expect((await send('GET', '/stores/once/tokens')).body.items).toHaveLength(1);
    const { rows } = await hq.database.pool.query('select k::text from hq.idempotency_key k');
    expect(JSON.stringify(rows)).not.toContain(first.body.token);
  });
});

describe('an ETag', () => {
  test('of a store or a set changes with it, and a change made on an old one is refused', async () => {
    await send('POST', '/stores', {
      body: { storeId: 'tagged', ...store, tags: ['pilot', 'pilot', 'north'] },
    });
    const read = await send('GET', '/stores/tagged');
    expect(read.body.tags).toEqual(['north', 'pilot']);
    const etag = read.headers.get('etag')!;
    expect((await send('GET', '/stores/tagged', { headers: { 'if-none-match': etag } })).status).toBe(304);
    const [one, two] = await Promise.all(
      ['A', 'B'].map((name) =>
        send('PATCH', '/stores/tagged', { headers: { 'if-match': etag }, body: { name } }),
      ),
    );
    expect([one!.status, two!.status].sort()).toEqual([200, 412]);
    const winner = one!.status === 200 ? one! : two!;
    const after = await send('GET', '/stores/tagged');
    expect(after.headers.get('etag')).toBe(winner.headers.get('etag'));
    expect(after.body.name).toBe(winner.body.name);
    expect((await send('GET', '/stores?tag=pilot')).body.items).toHaveLength(1);

    const made = await send('PUT', '/sets/tagged', { body: { storeIds: ['tagged'] } });
    const seen = await send('GET', '/sets/tagged');
    expect(seen.headers.get('etag')).toBe(made.headers.get('etag'));
    const matched = { 'if-match': seen.headers.get('etag')! };
    expect((await send('PUT', '/sets/tagged', { headers: matched, body: { storeIds: [] } })).status).toBe(
      200,
    );
    expect(
      await send('PUT', '/sets/tagged', {
        headers: { 'if-match': seen.headers.get('etag')! },
        body: { storeIds: ['tagged'] },
      }),
    ).toMatchObject({ status: 412, body: { code: 'precondition_failed' } });
  });
});

describe('admin tokens', () => {
  test('are made with a role and an end, work at once, are listed without their secret, and end', async () => {
    const { status, body } = await send('POST', '/admin-tokens', {
      body: { name: 'night watch', role: 'viewer', expiresInDays: 7 },
    });
    expect({ status, body }).toMatchObject({ status: 201, body: { state: 'active', role: 'viewer' } });
    const watch = adminClient(hq.url, body.token);
    expect((await watch.call('GET', '/stores')).status).toBe(200);
    expect((await watch.call('GET', '/admin-tokens')).status).toBe(403);
    const { items } = (await send('GET', '/admin-tokens')).body;
    expect(items.find((one: { name: string }) => one.name === 'night watch')).toMatchObject({
      lastUsedAt: expect.any(String),
    });
    expect(JSON.stringify(items)).not.toContain(body.token);
    await send('DELETE', `/admin-tokens/${body.tokenId}`);
    expect((await watch.call('GET', '/stores')).status).toBe(401);
  });

  test('of an admin: the last one stays', async () => {
    const alone = await startTestCollector();
    try {
      const { items } = (await alone.admin.call('GET', '/admin-tokens')).body;
      expect((await alone.admin.call('DELETE', `/admin-tokens/${items[0].tokenId}`)).body.code).toBe(
        'last_admin_token',
      );
      expect((await alone.admin.call('GET', '/stores')).status).toBe(200);
    } finally {
      await alone.stop();
    }
  });

  test('speak for a person only when they were made for that', async () => {
    const make = async (speaksForPeople: boolean) =>
      (await send('POST', '/admin-tokens', { body: { name: 'grafana', role: 'admin', speaksForPeople } }))
        .body.token;
    const headers = { 'x-grafana-user': 'alice' };
    const create = (token: string, storeId: string) =>
      send('POST', '/stores', { token, headers, body: { storeId, ...store } });
    await create(await make(true), 'by-alice');
    await create(await make(false), 'by-program');
    expect((await auditOf('store.create', 'by-alice'))[0].actor).toBe('alice (grafana)');
    expect((await auditOf('store.create', 'by-program'))[0].actor).toBe('grafana');
  });
});

test('a new sync token that is revoked leaves the one before it working', async () => {
  await send('POST', '/stores', { body: { storeId: 'kept', ...store } });
  await send('POST', '/stores/kept/tokens');
  const { tokenId } = (await send('POST', '/stores/kept/tokens')).body;
  const tokens = async () => (await send('GET', '/stores/kept/tokens')).body.items;
  expect((await tokens())[1].supersededAt).not.toBeNull();
  await send('DELETE', `/stores/kept/tokens/${tokenId}`);
  expect(await tokens()).toMatchObject([{ state: 'revoked' }, { state: 'active', supersededAt: null }]);
  // Over is over.
  await send('POST', '/stores/kept/tokens', { body: { overlapMinutes: 0 } });
  const [newest] = await tokens();
  await send('DELETE', `/stores/kept/tokens/${newest.tokenId}`);
  expect((await tokens()).map(({ state }: { state: string }) => state)).toEqual([
    'revoked',
    'revoked',
    'superseded',
  ]);
});

test('an error is acknowledged with a note, given to somebody, and tried again by the store', async () => {
  await send('POST', '/stores', { body: { storeId: 'erring', ...store } });
  await send('POST', '/stores/erring/tokens');
  await hq.database.pool.query(
    `insert into hq.error_episode (store_id, entity, direction, kind, code, message, opened_at, last_at, failures)
     values ('erring', 'sales', 'push', 'network_timeout', 'body_stalled', 'nothing came', now(), now(), 3)`,
  );
  const [{ episodeId }] = (await send('GET', '/errors?storeId=erring&acknowledged=false')).body.items;
  expect(
    (await send('POST', `/errors/${episodeId}/acknowledge`, { body: { note: 'the line is being mended' } }))
      .body,
  ).toMatchObject({
    acknowledgedBy: 'first admin',
    acknowledgedNote: 'the line is being mended',
    open: true,
  });
  await send('POST', `/errors/${episodeId}/assign`, { body: { assignee: 'bo' } });
  const mine = (await send('GET', '/errors?assignee=bo')).body.items;
  expect(mine).toMatchObject([
    { episodeId, assignedTo: 'bo', assignedBy: 'first admin', advice: { person: expect.any(String) } },
  ]);
  expect(
    (await send('POST', `/errors/${episodeId}/assign`, { body: { assignee: null } })).body.assignedAt,
  ).toBeNull();
  const { status, body } = await send('POST', `/errors/${episodeId}/retry`);
  expect(status).toBe(201);
  const { rows } = await hq.database.pool.query(
    'select command from hq.store_command where command_id = $1',
    [body.commandId],
  );
  expect(rows).toEqual([{ command: 'push_now' }]);
  await hq.database.pool.query('update hq.error_episode set resolved_at = now() where episode_id = $1', [
    episodeId,
  ]);
  expect((await send('POST', `/errors/${episodeId}/retry`)).body.code).toBe('error_resolved');
  expect((await send('GET', '/errors/999999')).body.code).toBe('error_not_found');
  const actions = (await send('GET', '/audit?storeId=erring')).body.items.map(
    ({ action }: { action: string }) => action,
  );
  expect(actions).toEqual([
    'error.retry',
    'error.assign',
    'error.assign',
    'error.acknowledge',
    'token.generate',
    'store.create',
  ]);
});

test('too many requests of one token are told to wait, others are not; so is who guesses', async () => {
  const narrow = await startTestCollector({
    settings: { HQ_ADMIN_REQUESTS_PER_MINUTE: '5', HQ_ADMIN_REFUSALS_PER_MINUTE: '3' },
  });
  try {
    const { token } = (await narrow.admin.call('POST', '/admin-tokens', { name: 'busy', role: 'viewer' }))
      .body;
    const statuses: number[] = [];
    for (let request = 0; request < 6; request += 1)
      statuses.push((await send('GET', '/stores', { url: narrow.url, token })).status);
    expect(statuses).toEqual([200, 200, 200, 200, 200, 429]);
    const limited = await send('GET', '/stores', { url: narrow.url, token });
    expect(limited.body).toMatchObject({ code: 'rate_limited', retry: true });
    expect(Number(limited.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await narrow.admin.call('GET', '/stores')).status).toBe(200);
    const guesses: number[] = [];
    for (let guess = 0; guess < 5; guess += 1)
      guesses.push((await send('GET', '/stores', { url: narrow.url, token: `guess-${guess}` })).status);
    expect(guesses).toEqual([401, 401, 401, 429, 429]);
  } finally {
    await narrow.stop();
  }
});

describe('people of an OpenID Connect issuer', () => {
  const audience = 'hq-sync';
  const issuerOf = async () => {
    const { publicKey, privateKey } = await generateKeyPair('RS256');
    const server = createServer((request, response) => {
      const { pathname } = new URL(request.url!, issuer);
      response.setHeader('content-type', 'application/json');
      if (pathname === '/.well-known/openid-configuration')
        return response.end(JSON.stringify({ issuer, jwks_uri: `${issuer}/keys` }));
      void exportJWK(publicKey).then((key) =>
        response.end(JSON.stringify({ keys: [{ ...key, kid: 'k1', alg: 'RS256' }] })),
      );
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const sign = (
      claims: Record<string, unknown>,
      { iss = issuer, aud = audience, exp = '5m', key = privateKey } = {},
    ) =>
      new SignJWT(claims)
        .setProtectedHeader({ alg: 'RS256', kid: 'k1' })
        .setIssuer(iss)
        .setAudience(aud)
        .setSubject('u-1')
        .setIssuedAt()
        .setExpirationTime(exp)
        .sign(key);
    return { issuer, sign, close: () => new Promise((resolve) => server.close(resolve)) };
  };

  test('come in with the role of their claim, under their name; a JWT that is not for HQ does not', async () => {
    const idp = await issuerOf();
    const guarded = await startTestCollector({
      settings: {
        HQ_OIDC_ISSUER: idp.issuer,
        HQ_OIDC_AUDIENCE: audience,
        HQ_OIDC_ROLE_CLAIM: 'realm_access.roles',
      },
    });
    try {
      const ask = async (jwt: string, method = 'GET', path = '/stores', body: unknown = {}) =>
        send(method, path, { url: guarded.url, token: jwt, body });
      const roles = (...names: string[]) => ({ realm_access: { roles: names }, preferred_username: 'bo' });
      const operator = await idp.sign(roles('offline_access', 'hq-operator', 'viewer'));
      expect((await ask(operator)).status).toBe(200);
      expect((await ask(operator, 'POST', '/stores', { storeId: 'x', ...store })).status).toBe(403);
      const admin = await idp.sign(roles('admin'));
      expect((await ask(admin, 'POST', '/stores', { storeId: 'bo1', ...store })).status).toBe(201);
      const { rows } = await guarded.database.pool.query(
        `select actor from hq.audit_log where store_id = 'bo1'`,
      );
      expect(rows).toEqual([{ actor: 'bo' }]);
      const stranger = (await generateKeyPair('RS256')).privateKey;
      for (const jwt of [
        await idp.sign(roles('admin'), { aud: 'another' }),
        await idp.sign(roles('admin'), { iss: 'http://elsewhere' }),
        await idp.sign(roles('admin'), { exp: '-1m' }),
        await idp.sign(roles('admin'), { key: stranger }),
      ])
        expect((await ask(jwt)).status).toBe(401);
      expect(await ask(await idp.sign({ realm_access: { roles: ['cook'] } }))).toMatchObject({
        status: 403,
        body: { detail: expect.stringContaining('realm_access.roles') },
      });
      // HQ's own tokens go on, also while the issuer is away
      await idp.close();
      expect((await guarded.admin.call('GET', '/stores')).status).toBe(200);
    } finally {
      await guarded.stop();
      await idp.close().catch(() => undefined);
    }
  });

  test('cannot be let in while the issuer does not answer, and are told so', async () => {
    const idp = await issuerOf();
    const jwt = await idp.sign({ roles: 'admin' });
    await idp.close();
    const guarded = await startTestCollector({
      settings: { HQ_OIDC_ISSUER: idp.issuer, HQ_OIDC_AUDIENCE: audience },
    });
    try {
      expect(await send('GET', '/stores', { url: guarded.url, token: jwt })).toMatchObject({
        status: 503,
        body: { code: 'issuer_unavailable', retry: true },
      });
    } finally {
      await guarded.stop();
    }
  });
});
