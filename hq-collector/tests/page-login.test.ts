import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { eventually } from '@hq-sync/testkit/eventually';
import { PageViewer } from '@hq-sync/testkit/page-events';
import { startTestCollector, type TestCollector } from '@hq-sync/testkit/test-collector';

let hq: TestCollector;
beforeAll(async () => {
  hq = await startTestCollector({ settings: { HQ_PAGE_LOGIN: 'on' } });
});
afterAll(() => hq.stop());

const get = (path: string, headers: Record<string, string> = {}) =>
  fetch(`${hq.url}${path}`, { headers: { accept: 'text/html', ...headers }, redirect: 'manual' });
const logIn = (token: string, to = '/', headers: Record<string, string> = {}, url = hq.url) =>
  fetch(`${url}/login`, {
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

/** Fails when it has not ended by then. */
const within = (ended: Promise<unknown>, limitMs: number) => {
  let timer: NodeJS.Timeout;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not within ${limitMs} ms`)), limitMs);
  });
  return Promise.race([ended, late]).finally(() => clearTimeout(timer));
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

  test('one login has twenty pages open and leaves the rest to others', async () => {
    const cookies = [];
    for (let login = 0; login < 2; login += 1) cookies.push(cookieOf(await logIn((await newToken()).token)));
    const streams: PageViewer[] = [];
    const open = async (cookie: string) =>
      void streams.push(await PageViewer.open(hq.url, '/events/stores', { headers: { cookie } }));
    for (let page = 0; page < 20; page += 1) await open(cookies[0]!);
    const refused = await get('/events/stores', { accept: 'text/event-stream', cookie: cookies[0]! });
    expect([refused.status, await refused.text()]).toEqual([
      503,
      '20 pages are open with this login already: close one.\n',
    ]);
    await open(cookies[1]!);
    for (const stream of streams) await stream.close();
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
    for (const forwarded of ['https', 'HTTPS', 'https, http']) {
      const tls = await logIn(token, '/', { 'x-forwarded-proto': forwarded });
      expect(tls.headers.get('set-cookie')).toMatch(/; Secure$/);
    }
  });
});

describe("a viewer's event stream", () => {
  const watch = async (token: string) => {
    const cookie = cookieOf(await logIn(token));
    const viewer = await PageViewer.open(hq.url, '/events/stores', { headers: { cookie } });
    expect(viewer.status).toBe(200);
    await eventually(
      'news',
      () => viewer.changes.length,
      (count) => count > 0,
    );
    return { viewer, cookie };
  };

  test.each<[string, (cookie: string, tokenId: string) => Promise<unknown>]>([
    [
      'the log-out',
      (cookie) => fetch(`${hq.url}/logout`, { method: 'POST', headers: { cookie }, redirect: 'manual' }),
    ],
    ['the end of its session', () => hq.database.pool.query('update hq.page_session set expires_at = now()')],
    ['its admin token', (_, tokenId) => hq.admin.call('DELETE', `/admin-tokens/${tokenId}`)],
  ])('ends with %s within seconds, others go on', async (_, end) => {
    const { token, tokenId } = await newToken();
    const { viewer, cookie } = await watch(token);
    await end(cookie, tokenId);
    const other = await watch((await newToken()).token);
    const seen = viewer.changes.length;
    await within(viewer.closed, 5_000);
    expect(viewer.loggedOut).toBe(true);
    expect(viewer.changes.length - seen).toBeLessThanOrEqual(1);
    const { length } = other.viewer.changes;
    await eventually(
      'more news',
      () => other.viewer.changes.length,
      (count) => count > length,
    );
    await other.viewer.close();
  });

  test('costs the database one statement a second more, however many there are', async () => {
    // Of what a collector does by itself, nothing comes within this test.
    const { url, stop } = await hq.replica({
      HQ_WATCH_INTERVAL_MS: '600000',
      HQ_LEASE_MS: '1200000',
      HQ_LEASE_RENEWAL_MS: '600000',
    });
    const statements = async () => {
      const text = await (await fetch(`${url}/metrics`)).text();
      return Number(/^hq_db_query_duration_seconds_count\{outcome="success"\} (\d+)$/m.exec(text)![1]);
    };
    const cookies = await Promise.all(
      [newToken(), newToken()].map(async (made) => cookieOf(await logIn((await made).token))),
    );
    const viewers = await Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        PageViewer.open(url, '/events/stores', { headers: { cookie: cookies[index % 2]! } }),
      ),
    );
    const { changes } = viewers[0]!;
    const readings = async (many: number) => {
      const from = changes.length;
      const before = await statements();
      await eventually(
        'readings',
        () => changes.length,
        (now) => now >= from + many,
      );
      return (await statements()) - before;
    };
    await readings(3); // the collector reads what waits once its listener listens
    expect(await readings(3)).toBe(3 * 3);
    for (const viewer of viewers) await viewer.close();
    await stop();
  });
});

describe('a log-in', () => {
  test.each([
    ['JSON', 'application/json', '{"token":"x"}'],
    ['no type', '', 'token=x'],
    ['a form that is too long', 'application/x-www-form-urlencoded', `token=${'x'.repeat(5_000)}`],
    ['a form in an unknown alphabet', 'application/x-www-form-urlencoded; charset=klingon', 'token=x'],
  ])('as %s is refused as one without a token', async (_, type, body) => {
    const answer = await fetch(`${hq.url}/login`, {
      method: 'POST',
      headers: { 'content-type': type },
      body,
      redirect: 'manual',
    });
    expect(answer.status).toBe(401);
  });

  test('that is asked for is kept by nobody, and framed by nobody', async () => {
    for (const path of ['/', '/events/stores', '/stores/x', '/login']) {
      const { headers } = await get(path);
      expect([path, headers.get('cache-control'), headers.get('x-content-type-options')]).toEqual([
        path,
        'no-store',
        'nosniff',
      ]);
      expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
    }
  });
});

test.each([
  ['one after the other', false],
  ['at once', true],
])('who guesses %s is told ten times a minute that it was wrong, and then to wait', async (_, atOnce) => {
  const guarded = await startTestCollector({ settings: { HQ_PAGE_LOGIN: 'on' } });
  try {
    const guess = async (number: number) => logIn(`guess-${number}`, '/', {}, guarded.url);
    const answers: Response[] = [];
    if (atOnce)
      answers.push(...(await Promise.all(Array.from({ length: 13 }, (__, number) => guess(number)))));
    else for (let number = 0; number < 13; number += 1) answers.push(await guess(number));
    expect(answers.map(({ status }) => status).sort()).toEqual([...Array(10).fill(401), 429, 429, 429]);
    const waiting = answers.find(({ status }) => status === 429)!;
    expect(Number(waiting.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await waiting.text()).not.toContain('guess');
  } finally {
    await guarded.stop();
  }
});
