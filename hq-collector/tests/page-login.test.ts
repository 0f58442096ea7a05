import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startTestCollector, type TestCollector } from '@hq-sync/testkit/test-collector';

let hq: TestCollector;
beforeAll(async () => {
  hq = await startTestCollector({ settings: { HQ_PAGE_LOGIN: 'on' } });
});
afterAll(() => hq.stop());

const get = (path: string, headers: Record<string, string> = {}) =>
  fetch(`${hq.url}${path}`, { headers: { accept: 'text/html', ...headers }, redirect: 'manual' });
const logIn = (token: string, to = '/', headers: Record<string, string> = {}) =>
  fetch(`${hq.url}/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    body: new URLSearchParams({ token, to }).toString(),
    redirect: 'manual',
  });
const cookieOf = (response: Response) => response.headers.get('set-cookie')!.split(';')[0]!;
const newToken = async (role = 'viewer') =>
  (await hq.admin.call('POST', '/admin-tokens', { name: `${role} of the page`, role })).body as {
    token: string;
    tokenId: string;
  };

describe('the page with a login', () => {
  test('sends a person to the form and back to where they wanted to go; programs get 401', async () => {
    const asked = await get('/stores/a%20b');
    expect([asked.status, asked.headers.get('location')]).toEqual([303, '/login?to=%2Fstores%2Fa%2520b']);
    const form = await get(asked.headers.get('location')!);
    const text = await form.text();
    expect(text).toContain('value="/stores/a%20b"');
    expect(text).toContain('type="password"');
    expect(form.headers.get('content-security-policy')).toContain("form-action 'self'");
    expect((await get('/page/page.css')).status).toBe(200);
    expect((await get('/events/stores', { accept: 'text/event-stream' })).status).toBe(401);

    const { token } = await newToken();
    const back = await logIn(token, '/stores/a%20b');
    expect([back.status, back.headers.get('location')]).toEqual([303, '/stores/a%20b']);
    expect(back.headers.get('set-cookie')).toMatch(/; HttpOnly; SameSite=Strict; Max-Age=43200$/);
    // A proxy before it, and any name, are welcome now.
    const page = await get('/', { cookie: cookieOf(back), 'x-forwarded-for': '10.0.0.9' });
    expect([page.status, (await page.text()).includes('<h1>')]).toEqual([200, true]);
    const { rows } = await hq.database.pool.query('select s::text from hq.page_session s');
    expect(JSON.stringify(rows)).not.toContain(cookieOf(back).slice('hq_session='.length));
  });

  test('ends with the log-out, with its token, and is none for the admin API', async () => {
    const { token, tokenId } = await newToken('admin');
    const cookie = cookieOf(await logIn(token));
    expect((await get('/', { cookie })).status).toBe(200);
    expect((await fetch(`${hq.url}/admin/v1/stores`, { headers: { cookie } })).status).toBe(401);
    const out = await fetch(`${hq.url}/logout`, { method: 'POST', headers: { cookie }, redirect: 'manual' });
    expect(out.headers.get('set-cookie')).toContain('Max-Age=0');
    expect((await get('/', { cookie })).status).toBe(303);
    const again = cookieOf(await logIn(token));
    await hq.admin.call('DELETE', `/admin-tokens/${tokenId}`);
    expect((await get('/', { cookie: again })).status).toBe(303);
  });

  test('keeps what is typed from going elsewhere: no other site, no address of another, Secure behind TLS', async () => {
    const { token } = await newToken();
    expect((await logIn(token, '//evil.example/')).headers.get('location')).toBe('/');
    expect((await logIn(token, '/\\evil.example')).headers.get('location')).toBe('/');
    expect((await logIn(token, 'https://evil.example/')).headers.get('location')).toBe('/');
    for (const mode of ['cors', 'navigate']) {
      const site = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': mode };
      expect((await logIn(token, '/', site)).status).toBe(403);
    }
    const tls = await logIn(token, '/', { 'x-forwarded-proto': 'https' });
    expect(tls.headers.get('set-cookie')).toMatch(/; Secure$/);
  });

  test('makes who guesses wait', async () => {
    const statuses: number[] = [];
    for (let guess = 0; guess < 12; guess += 1) statuses.push((await logIn(`guess-${guess}`)).status);
    expect(statuses.slice(0, 10)).toEqual(Array(10).fill(401));
    expect(statuses.at(-1)).toBe(429);
    expect(await (await get('/login')).text()).not.toContain('guess');
  });
});
