import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { chromiumPath, openBrowser } from '@hq-sync/testkit/browser';
import { eventually } from '@hq-sync/testkit/eventually';
import { startTestCollector, type TestCollector } from '@hq-sync/testkit/test-collector';
import { WatchedProxy } from '@hq-sync/testkit/watched-proxy';
import { heartbeatOf, push, saleRecord, WireStore } from '@hq-sync/testkit/wire-store';
import type { Browser, Page } from 'playwright-core';

if (chromiumPath === undefined)
  console.warn('skipped: no Chromium on this machine, so the page is tried in no browser'); // eslint-disable-line no-console -- a skip must be loud
const inBrowser = chromiumPath === undefined ? describe.skip : describe;

/** The view's own bound for a closed socket, and one reading of the page. */
const redWithinMs = 500 + 1_000;

inBrowser('the page in a browser', () => {
  let hq: TestCollector;
  /** Between the collector and Postgres, and between the browser and the collector. */
  let database: WatchedProxy;
  let web: WatchedProxy;
  let browser: Browser;
  let page: Page;
  const complaints: string[] = [];
  const stores: WireStore[] = [];
  beforeAll(async () => {
    const direct = new URL(process.env['HQ_TEST_SERVER']!);
    database = await WatchedProxy.listen(() => ({ host: direct.hostname, port: Number(direct.port) }));
    hq = await startTestCollector({ databasePort: database.port });
    web = await WatchedProxy.listen(() => ({ host: '127.0.0.1', port: hq.port }));
    browser = await openBrowser();
  });
  afterEach(() => {
    for (const store of stores.splice(0)) store.ws.terminate();
  });
  afterAll(async () => {
    await browser?.close();
    await hq?.stop();
    await web?.close();
    await database?.close();
  });

  async function newStore(storeId: string, fields: object = {}) {
    await hq.admin.createStore({ storeId, ...fields });
    const { token } = await hq.admin.generateToken(storeId);
    const store = await WireStore.connect(hq.url, token);
    stores.push(store);
    return { token, store };
  }

  async function look(path: string): Promise<void> {
    await page?.close();
    page = await browser.newPage();
    complaints.length = 0;
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(String(error)));
    await page.goto(`http://localhost:${web.port}${path}`);
    // Gone after a reload, so that it shows that there was none.
    await page.evaluate('globalThis.sameDocument = true');
  }
  const row = (storeId: string) => page.locator(`[data-piece="store:${storeId}"]`);
  const becomes = (what: string, ask: () => Promise<string>, text: string | RegExp, deadlineMs?: number) =>
    eventually(
      what,
      ask,
      (now) => (typeof text === 'string' ? now.includes(text) : text.test(now)),
      deadlineMs,
    );
  /** Texts of the badges that can be seen, each with its colour's green part above the others or not. */
  const badges = () =>
    page.evaluate<{ text: string; green: boolean }[]>(`[...document.querySelectorAll('.badge')]
      .filter((badge) => badge.checkVisibility())
      .map((badge) => {
        const [red, green, blue] = getComputedStyle(badge).backgroundColor.match(/\\d+/g).map(Number);
        return { text: badge.innerText, green: green > red && green > blue };
      })`);

  test('turns red without a reload, soon after a socket is closed; an error appears, a till opens', async () => {
    const { token, store } = await newStore('cut', { name: '<img src=x onerror=alert(1)>' });
    await newStore('calm');
    await look('/');
    await becomes(
      'both are green',
      async () => JSON.stringify(await badges()),
      /("connected|● connected).*● connected/,
    );
    expect((await badges()).every(({ green }) => green)).toBe(true);
    expect(await row('cut').innerText()).toContain('<img src=x onerror=alert(1)>');

    store.send(heartbeatOf({ openRegisters: [{ terminalId: 'T1', openedAt: new Date().toISOString() }] }));
    await becomes('a till opens', () => row('cut').locator('[data-label="Open tills"]').innerText(), '1');
    await push(hq.url, token, [saleRecord('x')], { headers: { 'hq-schema-version': '999' } });
    await becomes('an error appears', () => row('cut').locator('[data-label="Errors"]').innerText(), '1');

    const startedMs = performance.now();
    store.ws.terminate();
    await becomes('it is red', () => row('cut').innerText(), 'socket closed', redWithinMs);
    expect(performance.now() - startedMs).toBeLessThan(redWithinMs);
    expect(await row('cut').locator('.badge.bad').isVisible()).toBe(true);
    expect(await page.locator('[data-rows] tr').first().getAttribute('data-piece')).toBe('store:cut');
    expect(await page.title()).toContain('1 disconnected');

    await page.locator('input[name=text]').fill('calm');
    await becomes('the filter', () => page.locator('output').innerText(), '1 of 2 stores');
    expect(await row('cut').isVisible()).toBe(false);
    expect(await page.evaluate('globalThis.sameDocument')).toBe(true);
    expect(complaints).toEqual([]);
  });

  test('a store’s page is live as well', async () => {
    const { token, store } = await newStore('one', { timezone: 'Asia/Tokyo' });
    await look('/stores/one');
    await push(hq.url, token, [saleRecord('bad', { grossMinor: -1 })]);
    await becomes('quarantine', () => page.locator('.quarantine').innerText(), 'bad');
    store.send(heartbeatOf({ openRegisters: [{ terminalId: 'till-7', openedAt: '2026-11-23T00:15:00Z' }] }));
    await becomes('a till', () => page.locator('.registers').innerText(), 'Nov 23, 09:15');
    store.ws.terminate();
    await becomes('red', () => page.locator('.lead').innerText(), 'disconnected');
    expect(await page.evaluate('globalThis.sameDocument')).toBe(true);
    expect(complaints).toEqual([]);
  });

  test('nothing is green while Postgres is away, and all is as it was when it is back', async () => {
    await newStore('green');
    await look('/');
    await becomes('it is green', () => row('green').innerText(), 'connected');
    database.cut();
    await becomes('a banner', () => page.locator('#banner').innerText(), 'PostgreSQL does not answer');
    const seen = await badges();
    expect(seen.length).toBeGreaterThan(0);
    expect(seen.filter(({ text, green }) => green || !text.includes('unknown'))).toEqual([]);
    expect((await fetch(hq.url)).status).toBe(503);
    database.restore();
    await becomes('the banner goes', async () => `<${await page.locator('#banner').innerText()}>`, '<>');
    await becomes('it is green', () => row('green').innerText(), 'connected');
  });

  test('nothing is green 15 s after the event stream was cut, and a banner comes at once', async () => {
    await newStore('alone');
    await look('/');
    await becomes('it is green', () => row('alone').innerText(), 'connected');
    web.cut();
    await becomes('a banner', () => page.locator('#banner').innerText(), 'is cut');
    await becomes('nothing is proven', () => page.locator('#banner').innerText(), 'No news from HQ');
    const seen = await badges();
    expect(seen.filter(({ text, green }) => green || !text.includes('unknown'))).toEqual([]);
    web.restore();
    await becomes('it is green', () => row('alone').innerText(), '● connected');
    expect(await page.evaluate('globalThis.sameDocument')).toBe(true);
  });

  test('asks for a new login where the one that it was opened with has ended', async () => {
    const { url } = await hq.replica({ HQ_PAGE_LOGIN: 'on' });
    const { token, tokenId } = (
      await hq.admin.call('POST', '/admin-tokens', { name: 'watch', role: 'viewer' })
    ).body;
    const own = await browser.newPage();
    await own.goto(`${url}/?group=errors`);
    await own.fill('#token', token);
    await own.click('button[type=submit]');
    await own.waitForSelector('[data-live=yes]');
    await hq.admin.call('DELETE', `/admin-tokens/${tokenId}`);
    await own.waitForURL(`${url}/login?to=${encodeURIComponent('/?group=errors')}`);
    await own.close();
  });
});
