import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { StoreAgent } from '@hq-sync/store-agent/agent';
import { AppHost } from '@hq-sync/testkit/app-host/app-host';
import { AppPage } from '@hq-sync/testkit/app-host/app-page';
import { grafanaTokens } from '@hq-sync/testkit/app-host/grafana-tokens';
import { chromiumPath, openBrowser } from '@hq-sync/testkit/browser';
import { eventually } from '@hq-sync/testkit/eventually';
import { publishedHash } from '@hq-sync/testkit/published-data';
import { startTestCollector, type TestCollector } from '@hq-sync/testkit/test-collector';
import Database from 'libsql';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Browser } from 'playwright-core';

if (chromiumPath === undefined)
  console.warn('skipped: no Chromium on this machine, so the Grafana app is tried in no browser'); // eslint-disable-line no-console -- a skip must be loud
const inBrowser = chromiumPath === undefined ? describe.skip : describe;

const people = { vera: 'Viewer', ed: 'Editor', ada: 'Admin' } as const;
const products = 300;

inBrowser('the Grafana app, in a browser, with real stores', () => {
  let hq: TestCollector;
  let host: AppHost;
  let browser: Browser;
  let folder: string;
  const endings: (() => Promise<unknown>)[] = [];
  beforeAll(async () => {
    hq = await startTestCollector({ settings: { HQ_WATCH_INTERVAL_MS: '200' } });
    host = await AppHost.start(hq.url, await grafanaTokens(hq.admin), people);
    browser = await openBrowser();
    folder = await mkdtemp(path.join(tmpdir(), 'hq-app-'));
    const records = Array.from({ length: products }, (_, i) => ({ id: `p-${i}`, data: productOf(i) }));
    expect((await hq.admin.changeRecords('products', records)).status).toBe(200);
  });
  afterEach(async () => {
    for (const end of endings.splice(0).reverse()) await end();
  });
  afterAll(async () => {
    await browser?.close();
    await host?.close();
    await hq?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const productOf = (i: number) => ({
    sku: `SKU-${i}`,
    name: `Product ${i}`,
    departmentId: 'd-1',
    priceMinor: 100 + i,
    currency: 'USD',
    taxRateId: 't-1',
  });

  /** A store with an agent of its own, which has HQ's data. */
  async function newStore(storeId: string, fields: object = {}) {
    await hq.admin.createStore({ storeId, ...fields });
    const { token } = await hq.admin.generateToken(storeId);
    const dataDir = path.join(folder, storeId);
    const start = async () => {
      const agent = await StoreAgent.start({ hqUrl: hq.url, token, dataDir, intake: null });
      endings.push(() => agent.stop());
      return agent;
    };
    const agent = await start();
    await hasProducts(agent, storeId);
    return { agent, dataDir, start };
  }
  const hasProducts = async (agent: StoreAgent, storeId: string) => {
    const right = await publishedHash(hq.database.pool, 'products', storeId);
    await eventually(
      'the copy is right',
      () => agent.copyHash('products'),
      (hash) => hash === right,
    );
  };

  async function open(login: keyof typeof people, panel: string, storeId?: string): Promise<AppPage> {
    const page = await AppPage.open(browser, host.url, login, panel, storeId);
    endings.push(() => page.close());
    return page;
  }
  const audited = async (action: string) =>
    (await hq.admin.call('GET', `/audit?action=${action}&limit=1`)).body.items[0];

  test('a resync that is forced with a click mends a copy that was corrupted', async () => {
    const { agent, dataDir, start } = await newStore('torn');
    await agent.stop();
    const copy = new Database(path.join(dataDir, 'hq-data.db'));
    copy.exec(
      `update records set data = '{"name": "wrong"}' where entity = 'products' and record_id < 'p-2'`,
    );
    copy.exec(`delete from records where entity = 'products' and record_id > 'p-8'`);
    copy.close();
    const again = await start();
    expect(await again.copyHash('products')).not.toBe(
      await publishedHash(hq.database.pool, 'products', 'torn'),
    );

    const page = await open('ed', 'resync', 'torn');
    await page.shows(`${products} records`);
    await page.press('Force resync …');
    const dialog = page.dialog('Force a resync of Store torn?');
    await dialog.shows('Store torn (torn) reads');
    await dialog.shows(`${products} records`);
    await dialog.press('Force resync');
    await page.shows('✓ applied by the store');
    await hasProducts(again, 'torn');
    expect(await audited('resync.force')).toMatchObject({ actor: 'ed (grafana operator)', storeId: 'torn' });
    expect(page.complaints).toEqual([]);
  });
});
