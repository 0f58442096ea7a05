import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { startTestCollector, type TestCollector } from '@hq-sync/testkit/test-collector';
import {
  exportJWK,
  exportSPKI,
  generateKeyPair,
  SignJWT,
  UnsecuredJWT,
  type CryptoKey,
  type JWK,
} from 'jose';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

const audience = 'hq-sync';
const rs256 = () => generateKeyPair('RS256', { extractable: true });
type Answer = (request: IncomingMessage, response: ServerResponse) => unknown;

/** An issuer that does what a test says. */
class Issuer {
  url = '';
  asked = { discovery: 0, keys: 0 };
  keys: JWK[] = [];
  answerKeys: Answer = (_, response) => response.end(JSON.stringify({ keys: this.keys }));
  answerDiscovery: Answer = (_, response) =>
    response.end(JSON.stringify({ issuer: this.url, jwks_uri: `${this.url}/keys` }));
  private readonly server: Server = createServer((request, response) => {
    response.setHeader('content-type', 'application/json');
    if (request.url === '/keys') {
      this.asked.keys += 1;
      return this.answerKeys(request, response);
    }
    this.asked.discovery += 1;
    return this.answerDiscovery(request, response);
  });

  async start(): Promise<void> {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    this.url = `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  stop(): void {
    this.server.closeAllConnections();
    this.server.close();
  }
}

let issuer: Issuer;
let hq: TestCollector;
let key: CryptoKey;
let publicKey: CryptoKey;
beforeEach(async () => {
  issuer = new Issuer();
  await issuer.start();
  ({ privateKey: key, publicKey } = await rs256());
  issuer.keys = [{ ...(await exportJWK(publicKey)), kid: 'k1', alg: 'RS256' }];
  hq = await startTestCollector({
    settings: {
      HQ_OIDC_ISSUER: issuer.url,
      HQ_OIDC_AUDIENCE: audience,
      HQ_ADMIN_REFUSALS_PER_MINUTE: '40',
    },
  });
});
afterEach(async () => {
  await hq.stop();
  issuer.stop();
});

const signer = (claims: Record<string, unknown> = {}, header: Record<string, unknown> = {}) =>
  new SignJWT({ roles: 'admin', ...claims })
    .setProtectedHeader({ alg: 'RS256', kid: 'k1', ...header })
    .setIssuer(issuer.url)
    .setAudience(audience)
    .setSubject('u-1')
    .setExpirationTime('5m');

async function ask(token: string) {
  const response = await fetch(`${hq.url}/admin/v1/stores`, {
    headers: { authorization: `Bearer ${token}` },
  });
  const body = (await response.json()) as { code?: string };
  return [response.status, body.code];
}
const refused = [401, 'unauthorized'];
const unavailable = [503, 'issuer_unavailable'];
const welcome = [200, undefined];

describe('a JWT', () => {
  test('of the issuer is taken; any other is refused, and each refusal counts', async () => {
    expect(await ask(await signer().sign(key))).toEqual(welcome);
    const secretOfPublicKey = Buffer.from(await exportSPKI(publicKey));
    const stranger = (await rs256()).privateKey;
    const forged: [string, string][] = [
      [
        'no signature',
        new UnsecuredJWT({ roles: 'admin' })
          .setIssuer(issuer.url)
          .setAudience(audience)
          .setSubject('u')
          .setExpirationTime('5m')
          .encode(),
      ],
      ['the public key as a secret', await signer({}, { alg: 'HS256' }).sign(secretOfPublicKey)],
      ['another key', await signer().sign(stranger)],
      ['a key of its own', await signer({}, { jwk: issuer.keys[0] }).sign(stranger)],
      [
        'a key from elsewhere',
        await signer({}, { jku: 'http://127.0.0.1:1/keys', kid: 'k2' }).sign(stranger),
      ],
      ['a path for a key', await signer({}, { kid: '../../etc/passwd' }).sign(stranger)],
      ['a statement for a key', await signer({}, { kid: "' or 1=1 --" }).sign(stranger)],
      ['another audience', await signer().setAudience('grafana').sign(key)],
      ['audiences without HQ', await signer().setAudience(['a', 'b']).sign(key)],
      ['another issuer', await signer().setIssuer(`${issuer.url}/`).sign(key)],
      ['expired', await signer().setExpirationTime('-6s').sign(key)],
      ['not yet', await signer().setNotBefore('1m').sign(key)],
      [
        'without an end',
        await new SignJWT({ roles: 'admin' })
          .setProtectedHeader({ alg: 'RS256', kid: 'k1' })
          .setIssuer(issuer.url)
          .setAudience(audience)
          .setSubject('u')
          .sign(key),
      ],
      [
        'without a subject',
        await new SignJWT({ roles: 'admin' })
          .setProtectedHeader({ alg: 'RS256', kid: 'k1' })
          .setIssuer(issuer.url)
          .setAudience(audience)
          .setExpirationTime('5m')
          .sign(key),
      ],
      ['a crit that nobody knows', await signer({}, { crit: ['x'], x: 1 }).sign(key, { crit: { x: true } })],
      ['no JSON', 'e30.e30.e30'],
      ['dots', 'a.b.c'],
    ];
    for (const [what, jwt] of forged) expect([what, await ask(jwt)]).toEqual([what, refused]);
    const statuses: unknown[] = [];
    for (let guess = forged.length; guess < 42; guess += 1) statuses.push((await ask('a.b.c'))[0]);
    expect(statuses).toEqual([...Array(40 - forged.length).fill(401), 429, 429]);
  });

  test('names its person as the log can hold it', async () => {
    for (const [name, written] of [
      ['a\u0000b', 'a b'],
      ['\ud800', '\ufffd'],
      ['x'.repeat(1_000), 'x'.repeat(200)],
    ] as const) {
      const jwt = await signer({ preferred_username: name }).sign(key);
      const storeId = `s${written.length}-${written.charCodeAt(0)}`;
      const response = await fetch(`${hq.url}/admin/v1/stores`, {
        method: 'POST',
        headers: { authorization: `Bearer ${jwt}`, 'content-type': 'application/json' },
        body: JSON.stringify({ storeId, name: 'x', timezone: 'UTC', currency: 'USD' }),
      });
      expect(response.status).toBe(201);
      const { items } = (await hq.admin.call('GET', `/audit?storeId=${storeId}`)).body;
      expect(items[0]).toMatchObject({ actor: written, principal: `${issuer.url} u-1` });
    }
  });

  test('has the highest of its roles, and no role of a prototype', async () => {
    for (const roles of [undefined, null, 0, '', [], ['cook'], { admin: true }, 'administrator'])
      expect([roles, await ask(await signer({ roles }).sign(key))]).toEqual([roles, [403, 'forbidden']]);
    expect(await ask(await signer({ roles: ['cook', 'hq-viewer'] }).sign(key))).toEqual(welcome);
  });
});

describe('an issuer', () => {
  test('that changes its keys is asked for the new ones', async () => {
    expect(await ask(await signer().sign(key))).toEqual(welcome);
    const next = await rs256();
    issuer.keys = [{ ...(await exportJWK(next.publicKey)), kid: 'k2', alg: 'RS256' }];
    // Whoever sends keys that are none makes HQ ask once in a while only.
    for (let guess = 0; guess < 5; guess += 1)
      expect(await ask(await signer({}, { kid: `guess-${guess}` }).sign(next.privateKey))).toEqual(refused);
    expect(issuer.asked.keys).toBe(1);
  });

  test.each<[string, Answer]>([
    ['answers 500', (_, response) => response.writeHead(500).end()],
    [
      'sends somebody elsewhere',
      (_, response) => response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end(),
    ],
    ['answers with a page', (_, response) => response.end('<html>')],
    ['answers with keys that are none', (_, response) => response.end('{"keys":[1]}')],
    ['has hung up', (request) => request.socket.destroy()],
    ['hangs', () => undefined],
  ])(
    'that %s is unavailable: its people are neither let in nor counted as guessing, tokens go on',
    async (_, answer) => {
      const jwt = await signer().sign(key);
      const good = issuer.answerKeys;
      issuer.answerKeys = answer;
      const startedMs = performance.now();
      const asked = await Promise.all(Array.from({ length: 45 }, () => ask(jwt)));
      expect(asked).toEqual(Array(45).fill(unavailable));
      expect(performance.now() - startedMs).toBeLessThan(8_000);
      expect((await hq.admin.call('GET', '/stores')).status).toBe(200);
      issuer.answerKeys = good;
      expect(await ask(jwt)).toEqual(welcome);
    },
  );

  test.each<[string, (own: string) => Answer]>([
    ['answers 500', () => (_, response) => response.writeHead(500).end()],
    [
      'is another one',
      () => (_, response) => response.end(JSON.stringify({ issuer: 'http://x', jwks_uri: 'http://x/k' })),
    ],
    ['names no keys', (own) => (_, response) => response.end(JSON.stringify({ issuer: own }))],
    ['hangs', () => () => undefined],
  ])('whose configuration %s is unavailable, until it is well', async (_, answer) => {
    const jwt = await signer().sign(key);
    const good = issuer.answerDiscovery;
    issuer.answerDiscovery = answer(issuer.url);
    const asked = await Promise.all([ask(jwt), ask(jwt)]);
    expect(asked).toEqual([unavailable, unavailable]);
    issuer.answerDiscovery = good;
    expect(await ask(jwt)).toEqual(welcome);
  });
});
