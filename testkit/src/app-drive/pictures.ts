import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { Page } from 'playwright-core';
import type { OrgRole } from '../app-host/plugin-proxy.js';
import { eventually } from '../eventually.js';
import type { Look } from '../grafana/grafana-session.js';
import { saleRecord } from '../wire-store.js';
import type { AppDrive, DrivenStore } from './drive.js';
import { frameOf, type GrafanaPlace } from './grafana-place.js';
import { panelTitles, type OpenPanel, type PanelName } from './place.js';

const height = 4_600;
const dark: Look = { width: 1_400, height, theme: 'dark' };
const light: Look = { ...dark, theme: 'light' };
const phone: Look = { width: 400, height: 11_000, theme: 'light' };
const phonePanels: readonly PanelName[] = ['resync', 'token'];
const marginPx = 8;

/** Of a store that has something in each panel, as each role sees it, and of what is asked before something is done. */
export async function takePictures(drive: AppDrive, place: GrafanaPlace, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const fileOf = (name: string) => path.join(folder, `${name}.png`);
  const store = await drive.newStore('harbour', { name: 'Harbour Road', region: `${drive.prefix}-coast` });
  await hasHistory(drive, store);
  const { storeId, line } = store;

  const looks: readonly [name: string, role: OrgRole, look: Look, panels?: readonly PanelName[]][] = [
    ['viewer', 'Viewer', dark],
    ['editor', 'Editor', dark],
    ['admin', 'Admin', dark],
    ['editor-light', 'Editor', light],
    ['editor-phone', 'Editor', phone, phonePanels],
  ];
  for (const [name, role, look, panels] of looks) {
    const page = await place.store(role, storeId, look);
    await picture(page, fileOf(name), panels);
    await page.context().close();
  }

  const resync = await drive.open('Editor', 'resync', storeId);
  await resync.press('Force resync …');
  await dialogPicture(resync, fileOf('confirm'));
  line.hold('/v1/pull/products', 5);
  await resync.dialog('Force a resync of Harbour Road?').press('Force resync');
  await resync.shows(/2\d\d of \d+ records applied by the store/);
  await frameOf(resync.page, 'resync').screenshot({ path: fileOf('running') });
  line.letGo();
  const errors = await drive.open('Editor', 'errors', storeId);
  await errors.press('Correct and replay …');
  await dialogPicture(errors, fileOf('correct'));
  await drive.endStep();
}

/** A resync that was applied and one that was cancelled, a token before this one, a record held, maintenance. */
async function hasHistory(drive: AppDrive, { storeId, agent, line, madeTokens }: DrivenStore): Promise<void> {
  const at = `/stores/${storeId}`;
  await drive.expect(201, 'POST', `${at}/resync`, {});
  await eventually(
    'the resync is applied',
    () => drive.jobsOf(storeId),
    ([job]) => job.state === 'done',
  );
  line.hold('/v1/pull/products', 4);
  const { body } = await drive.expect(201, 'POST', `${at}/resync`, { entities: ['products'] });
  await eventually(
    'some of it is read',
    () => drive.jobsOf(storeId),
    ([job]) => job.recordsConfirmed >= 100,
  );
  await drive.expect(200, 'POST', `/resync-jobs/${body.jobId}/cancel`, {});
  line.letGo();
  await drive.expect(201, 'POST', `${at}/tokens/rotate`, {});
  await eventually(
    'the token is rotated',
    () => madeTokens.length,
    (made) => made === 1,
  );
  agent.enqueue('sales', saleRecord('T1-000217'));
  agent.enqueue('sales', saleRecord('T1-000218', { currency: 'usd' }));
  await drive.expect(201, 'POST', '/maintenance-windows', {
    scope: { storeId },
    endsAt: new Date(Date.now() + 45 * 60_000).toISOString(),
    reason: 'new cabling',
  });
  await eventually(
    'a record is held',
    async () => (await drive.get(`/errors?storeId=${storeId}&open=true`)).items,
    (items) => items.length === 1,
  );
}

/** Of the dashboard, what its panels of the app take. */
async function picture(
  page: Page,
  file: string,
  panels = Object.keys(panelTitles) as readonly PanelName[],
): Promise<void> {
  await page.getByText('in use by the store').first().waitFor();
  await page.getByText('1 record in quarantine').first().waitFor();
  await page.getByText('Last resyncs').first().waitFor();
  await page.getByText('new cabling').first().waitFor();
  const boxes = await Promise.all(panels.map(async (panel) => (await frameOf(page, panel).boundingBox())!));
  const left = Math.min(...boxes.map(({ x }) => x)) - marginPx;
  const top = Math.min(...boxes.map(({ y }) => y)) - marginPx;
  const right = Math.max(...boxes.map(({ x, width }) => x + width)) + marginPx;
  const bottom = Math.max(...boxes.map((box) => box.y + box.height)) + marginPx;
  const clip = { x: Math.max(0, left), y: top, width: right - Math.max(0, left), height: bottom - top };
  await page.screenshot({ path: file, clip });
}

async function dialogPicture({ root }: OpenPanel, file: string): Promise<void> {
  await root.getByRole('dialog').screenshot({ path: file });
}
