import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import type { Page } from 'playwright-core';
import { GrafanaSession, type Look } from '../grafana/grafana-session.js';
import { AppPart } from './app-page.js';
import type { OrgRole } from './plugin-proxy.js';

/**
 * Acts on a store from inside a Grafana that runs and has the app, as a viewer, an editor and an admin: fails when one of
 * them is shown, or may do, something else than the role says. The store's server has to be connected.
 */
const { values } = parseArgs({
  options: {
    url: { type: 'string' },
    user: { type: 'string', default: 'admin' },
    password: { type: 'string' },
    store: { type: 'string' },
    pictures: { type: 'string' },
  },
});
const url = required(values.url, '--url').replace(/\/$/, '');
const password = required(values.password, '--password');
const store = required(values.store, '--store');

const wide: Look = { width: 1_400, height: 4_600, theme: 'dark' };
const phone: Look = { width: 400, height: 11_000, theme: 'light' };
const deadlineMs = 20_000;

await asRole('Viewer', wide, async (page) => {
  await panel(page, 'Force resync').shows(/\d records?, /);
  await panel(page, 'Sync tokens').shows('in use by the store');
  for (const title of ['Force resync', 'Sync tokens', 'Errors to act on', 'Maintenance'])
    expectEqual(`buttons of ${title} for a viewer`, await ownButtons(page, title), []);
  for (const route of [`act/stores/${store}/resync`, `manage/stores/${store}/tokens`])
    expectEqual(`${route} for a viewer`, await post(page, route), 403);
  await picture(page, 'viewer', 'Force resync');
});

await asRole('Editor', wide, async (page) => {
  const resync = panel(page, 'Force resync');
  await resync.press('Force resync …');
  await dialogPicture(page, 'confirm');
  await dialog(page, /^Force a resync of /).press('Force resync');
  await resync.shows('was asked for');
  await resync.shows(/asked for by hq-app-editor/);
  const newest = frame(page, 'Force resync').getByRole('listitem').first();
  await newest.getByText('✓ applied by the store').waitFor({ timeout: deadlineMs });
  await panel(page, 'Sync tokens').shows('in use by the store');
  expectEqual('buttons of Sync tokens for an editor', await ownButtons(page, 'Sync tokens'), ['Rotate …']);
  expectEqual('manage for an editor', await post(page, `manage/stores/${store}/tokens`), 403);
  await picture(page, 'store-advanced', 'Force resync');
});

// A store of its own: the token that another one uses ends when a new one is generated.
const ownStore = `look-app-${randomBytes(4).toString('hex')}`;
await asRole('Admin', wide, async (page, go) => {
  const fields = { storeId: ownStore, name: 'A store for its token', timezone: 'UTC', currency: 'USD' };
  expectEqual('a store is made', await post(page, 'manage/stores', fields), 201);
  await go(ownStore);
  const tokens = panel(page, 'Sync tokens');
  await tokens.press('Generate …');
  await dialog(page, /^Generate a token for /).press('Generate token');
  const shown = dialog(page, /^The new token of /);
  await shown.shows(/^hqs_/);
  const secret = await shown.labelled('The token');
  await shown.press('Close');
  expectEqual('the secret after the dialog', (await page.content()).includes(secret), false);
  const made = /The token (\w{8})/.exec(await tokens.text())![1]!;
  await tokens.press(`Revoke ${made} …`);
  await dialog(page, /^Revoke a token of /).press('Revoke token');
  await tokens.shows(`The token ${made}`);
  await tokens.shows('is revoked');
  const archived = await post(page, `manage/stores/${ownStore}/archive`, { force: true });
  expectEqual('the store is archived', archived, 200);
});

await asRole('Editor', wide, async (page) => {
  await page.goto(`${url}/d/hq-sync-errors?orgId=1`);
  await panel(page, 'Errors to act on').shows(/open errors?$/);
});

await asRole('Editor', phone, async (page) => {
  await panel(page, 'Sync tokens').shows('in use by the store');
  await picture(page, 'phone', 'Sync tokens');
});

/** As somebody who has this role in Grafana, on the dashboard of the store with its last row open. */
async function asRole(
  role: OrgRole,
  look: Look,
  act: (page: Page, go: (storeId: string) => Promise<void>) => Promise<void>,
): Promise<void> {
  const login = `hq-app-${role.toLowerCase()}`;
  const secret = randomBytes(16).toString('base64url');
  const { id } = await grafana('POST', '/api/admin/users', { login, name: login, password: secret });
  try {
    await grafana('PATCH', `/api/orgs/1/users/${id}`, { role });
    const session = await GrafanaSession.open(url, login, secret);
    try {
      const page = await session.dashboard('hq-store', `&var-store=${encodeURIComponent(store)}`, look);
      const unfold = () =>
        page
          .getByText(/^Advanced settings/)
          .first()
          .click({ timeout: deadlineMs });
      await unfold();
      await act(page, async (storeId) => {
        await page.goto(`${url}/d/hq-store?orgId=1&var-store=${encodeURIComponent(storeId)}`);
        await unfold();
      });
      process.stdout.write(`${role}, ${look.width} px: as it should be\n`);
    } finally {
      await session.close();
    }
  } finally {
    await grafana('DELETE', `/api/admin/users/${id}`);
  }
}

async function grafana(method: string, at: string, body?: object): Promise<{ id: number }> {
  const answer = await fetch(`${url}${at}`, {
    method,
    headers: {
      authorization: `Basic ${Buffer.from(`${values.user}:${password}`).toString('base64')}`,
      'content-type': 'application/json',
    },
    ...(body && { body: JSON.stringify(body) }),
  });
  if (!answer.ok) throw new Error(`${method} ${at}: ${answer.status} ${await answer.text()}`);
  return (await answer.json()) as { id: number };
}

function frame(page: Page, title: string) {
  return page
    .locator('.react-grid-item, [data-griditem-key]')
    .filter({ has: page.locator('.hqsync') })
    .filter({ has: page.getByText(title, { exact: true }) })
    .first();
}

function panel(page: Page, title: string): AppPart {
  return new AppPart(frame(page, title).locator('.hqsync'));
}

function ownButtons(page: Page, title: string): Promise<string[]> {
  return panel(page, title).buttons();
}

function dialog(page: Page, title: RegExp): AppPart {
  return new AppPart(page.getByRole('dialog', { name: title }));
}

/** What Grafana answers, whatever the panel would show. */
function post(page: Page, route: string, body: object = {}): Promise<number> {
  return page.evaluate<number>(
    `fetch('/api/plugin-proxy/hqsync-manager-app/${route}', {
      method: 'POST', headers: { 'content-type': 'application/json' }, body: ${JSON.stringify(JSON.stringify(body))}
    }).then(({ status }) => status)`,
  );
}

/** Of the dashboard from this panel on, as high as three of them. */
async function picture(page: Page, name: string, from: string): Promise<void> {
  if (values.pictures === undefined) return;
  await mkdir(values.pictures, { recursive: true });
  const { x, y, width, height } = (await frame(page, from).boundingBox())!;
  const { width: pageWidth } = page.viewportSize()!;
  const clip =
    pageWidth < 2 * width
      ? { x, y, width, height: 1.9 * height }
      : { x, y, width: pageWidth - x - 8, height: 2 * height };
  await page.screenshot({ path: path.join(values.pictures, `${name}.png`), clip });
}

async function dialogPicture(page: Page, name: string): Promise<void> {
  if (values.pictures === undefined) return;
  await mkdir(values.pictures, { recursive: true });
  await page.getByRole('dialog').screenshot({ path: path.join(values.pictures, `${name}.png`) });
}

function expectEqual(what: string, found: unknown, expected: unknown): void {
  if (JSON.stringify(found) !== JSON.stringify(expected))
    throw new Error(`${what}: ${JSON.stringify(found)}, expected ${JSON.stringify(expected)}`);
}

function required(value: string | undefined, option: string): string {
  if (value === undefined) throw new Error(`${option} is missing.`);
  return value;
}
