import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { StoreAgent } from '@hq-sync/store-agent/agent';
import { AppHost } from '@hq-sync/testkit/app-host/app-host';
import { AppPage } from '@hq-sync/testkit/app-host/app-page';
import { grafanaTokens } from '@hq-sync/testkit/app-host/grafana-tokens';
import { chromiumPath, openBrowser } from '@hq-sync/testkit/browser';
import { eventually } from '@hq-sync/testkit/eventually';
import { publishedHash } from '@hq-sync/testkit/published-data';
import { startTestCollector, type TestCollector } from '@hq-sync/testkit/test-collector';
import { saleRecord } from '@hq-sync/testkit/wire-store';
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
      const agent = await StoreAgent.start({ hqUrl: hq.url, token, dataDir, intake: null, validate: false });
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

  test('a resync that waits for its store is cancelled with a click', async () => {
    const { agent } = await newStore('away');
    await agent.stop();
    await eventually(
      'HQ has seen it go',
      () => hq.admin.call('GET', '/stores/away/status'),
      ({ body }) => body.store.status === 'disconnected',
    );
    const page = await open('ed', 'resync', 'away');
    await page.choose('customers');
    await page.press('Force resync …');
    const dialog = page.dialog('Force a resync of Store away?');
    await dialog.shows('The store is not connected now');
    await dialog.press('Force resync');
    await page.shows('it waits for the store');
    await page.press('Cancel resync');
    await page.dialog('Cancel the resync of Store away?').press('Cancel resync');
    await page.shows('The resync of Store away is cancelled.');
    await page.shows('– cancelled');
    const { body } = await hq.admin.call('GET', '/resync-jobs?storeId=away');
    expect(body.items).toMatchObject([{ state: 'cancelled', createdBy: 'ed (grafana operator)' }]);
    expect(body.items[0].entities).not.toContain('customers');
    expect(await audited('resync.cancel')).toMatchObject({ actor: 'ed (grafana operator)' });
  });

  test('a viewer sees the state and no button, and is refused by the way itself', async () => {
    await newStore('seen', { region: 'North' });
    const { status } = await hq.admin.call('POST', '/maintenance-windows', {
      scope: { region: 'North' },
      endsAt: new Date(Date.now() + 3_600_000).toISOString(),
      reason: 'new cabling',
    });
    expect(status).toBe(201);
    const texts = { resync: `${products} records`, token: 'in use by the store', maintenance: 'new cabling' };
    for (const [panel, text] of Object.entries(texts)) {
      const page = await open('vera', panel, 'seen');
      await page.shows(text);
      expect(await page.buttons()).toEqual([]);
      expect(page.complaints).toEqual([]);
    }
    const send = (login: string, method: string, route: string) =>
      fetch(`${host.url}/api/plugin-proxy/hqsync-manager-app/${route}`, {
        method,
        headers: { cookie: `person=${login}`, 'content-type': 'application/json' },
        ...(method === 'POST' && { body: '{}' }),
      });
    expect((await send('vera', 'POST', 'act/stores/seen/resync')).status).toBe(403);
    expect((await send('ed', 'POST', 'manage/stores/seen/tokens')).status).toBe(403);
    // Grafana lets an editor through; HQ knows that the token of this way is an operator's.
    expect((await send('ed', 'POST', 'act/stores/seen/tokens')).status).toBe(403);
    expect((await send('vera', 'GET', 'view/audit')).status).toBe(403);
    expect((await send('vera', 'GET', 'act/stores/seen/status')).status).toBe(404);
    expect((await send('nobody', 'GET', 'view/status')).status).toBe(401);
    expect((await hq.admin.call('GET', '/resync-jobs?storeId=seen')).body.items).toEqual([]);
  });

  test('a refused action says why', async () => {
    await newStore('twice');
    const page = await open('ed', 'errors', 'twice');
    await page.shows('0 open errors');
    await page.close();
    const tokens = await open('ada', 'token', 'twice');
    await tokens.press('Rotate …');
    await hq.admin.call('POST', '/stores/twice/archive', { force: true });
    await tokens.dialog('Rotate the token of Store twice?').press('Rotate token');
    await tokens.shows(/✖ /);
  });

  test('a token is generated, shown once, used by the store, and the old one revoked', async () => {
    const { agent } = await newStore('keys');
    const { body: before } = await hq.admin.call('GET', '/stores/keys/tokens');
    const oldId = before.items[0].tokenId as string;

    const editor = await open('ed', 'token', 'keys');
    await editor.shows('in use by the store');
    expect(await editor.buttons()).toEqual(['Rotate …']);

    const page = await open('ada', 'token', 'keys');
    await page.press('Generate …');
    const dialog = page.dialog('Generate a token for Store keys?');
    await dialog.fill('Minutes for which the tokens before still work', '30');
    await dialog.press('Generate token');
    const shown = page.dialog('The new token of Store keys');
    await shown.shows(/^hqs_/);
    const secret = await shown.labelled('The token');
    await shown.press('Close');
    expect(await page.page.content()).not.toContain(secret);

    agent.setToken(secret);
    await page.press(`Revoke ${oldId.slice(0, 8)} …`);
    const revoke = page.dialog('Revoke a token of Store keys?');
    await revoke.shows(oldId);
    await revoke.press('Revoke token');
    await page.shows('is revoked');
    const newId = (await hq.admin.call('GET', '/stores/keys/tokens')).body.items[0].tokenId;
    await eventually(
      'the store has come in with the new one',
      async () => (await hq.admin.call('GET', '/stores/keys/tokens')).body.items,
      (items) => items[0].inUse && items[1].state === 'revoked' && agent.status().connected,
    );
    expect(await audited('token.generate')).toMatchObject({
      actor: 'ada (grafana admin)',
      detail: { tokenId: newId, overlapMinutes: 30 },
    });
    expect(await audited('token.revoke')).toMatchObject({ actor: 'ada (grafana admin)' });

    await page.press('Rotate …');
    await page.dialog('Rotate the token of Store keys?').press('Rotate token');
    await page.shows('was asked to make its next token');
    const { rows } = await hq.database.pool.query(
      `select created_by from hq.store_command where store_id = 'keys' and command = 'rotate_token'`,
    );
    expect(rows).toEqual([{ created_by: 'ada (grafana operator)' }]);
    expect(await audited('token.rotate')).toMatchObject({ actor: 'ada (grafana operator)' });
    expect(page.complaints).toEqual([]);
  });

  test('a record in quarantine is corrected and replayed, and the figures are right', async () => {
    const { agent } = await newStore('till', { currency: 'USD' });
    agent.enqueue('sales', saleRecord('good'));
    agent.enqueue('sales', saleRecord('bad', { currency: 'usd' }));
    agent.enqueue('sales', saleRecord('rubbish', { currency: '?' }));
    const page = await open('ed', 'errors');
    await eventually('both are held', held, (items) => items.length === 2);
    await page.again();
    await page.shows('2 records in quarantine');
    await page.shows('record rejected');

    const episode = page.item('record rejected at till');
    await episode.press('Assign to me');
    await episode.shows('You look after it.');
    await episode.press('Acknowledge …');
    const noted = page.dialog('Acknowledge record rejected at till?');
    await noted.fill('Note', 'asked the store');
    await noted.press('Acknowledge');
    await episode.shows('Seen by ed (grafana operator)');
    await episode.shows(/asked the store/);
    await episode.press('Retry now');
    await page.shows('till was asked to try again now');

    const bad = page.item('sales bad of till');
    await bad.press('Replay as it is …');
    await page.dialog('Replay sales bad of till as it is?').press('Replay');
    await page.shows('sales bad of till is held again');

    await bad.press('Correct and replay …');
    const editor = page.dialog('Correct sales bad of till');
    await editor.fill('The record', '{');
    await editor.shows('This is no JSON object.');
    await editor.fill('The record', JSON.stringify(saleRecord('bad')));
    await editor.press('Replay corrected');
    await page.shows('sales bad of till was replayed: accepted.');

    await page.item('sales rubbish of till').press('Discard …');
    const discard = page.dialog('Discard sales rubbish of till?');
    await discard.fill('Why', 'a test of the till');
    await discard.press('Discard');
    await page.shows('sales rubbish of till is discarded.');
    await page.shows('0 records in quarantine');
    await page.shows('0 open errors');
    const { body } = await hq.admin.call('GET', '/stores/till/status');
    expect(body.store).toMatchObject({
      salesCount: 2,
      grossMinor: 2_000,
      taxMinor: 126,
      quarantinedRecords: 0,
    });
    expect(await audited('quarantine.replay')).toMatchObject({
      actor: 'ed (grafana operator)',
      storeId: 'till',
      detail: { corrected: { id: 'bad' }, result: { outcome: 'accepted' } },
    });
    expect(await audited('quarantine.discard')).toMatchObject({ actor: 'ed (grafana operator)' });
    expect(await audited('error.acknowledge')).toMatchObject({ detail: { note: 'asked the store' } });
    expect(await audited('error.assign')).toMatchObject({ detail: { assignee: 'ed' } });
    expect(page.complaints).toEqual([]);
  });
  const held = async () => (await hq.admin.call('GET', '/quarantine')).body.items as unknown[];

  test('maintenance is set for a region and ended', async () => {
    await newStore('repair', { region: 'South' });
    const page = await open('ed', 'maintenance', 'repair');
    await page.press('Set maintenance …');
    const dialog = page.dialog('Set maintenance from now on?');
    await dialog.select('Of', 'the region South');
    await dialog.fill('Minutes', '45');
    await dialog.fill('Why', 'a new roof');
    await dialog.press('Set maintenance');
    await page.shows('▶ now');
    const windows = async () =>
      (await hq.admin.call('GET', '/maintenance-windows?active=true')).body.items.filter(
        ({ reason }: { reason: string }) => reason === 'a new roof',
      );
    const [set] = await windows();
    expect(set).toMatchObject({ scope: { region: 'South' }, createdBy: 'ed (grafana operator)' });
    expect(Date.parse(set.endsAt) - Date.parse(set.startsAt)).toBeCloseTo(45 * 60_000, -5);
    await page.press('End …');
    await page.dialog('End the maintenance of the region South?').press('End maintenance');
    await page.shows('– over');
    expect(await windows()).toEqual([]);
    expect(await audited('maintenance.end')).toMatchObject({ actor: 'ed (grafana operator)' });
    expect(page.complaints).toEqual([]);
  });
});
