import { mkdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { measureCutToRed } from './cut-to-red.js';
import { GrafanaSession, type Look, type PanelTrouble } from './grafana-session.js';
import { emptyPanels } from './panels.js';

/**
 * Opens every dashboard of a Grafana that runs and reads an HQ that runs: fails on a query that fails, and on a panel
 * without data that should have some. With HQ_LOOK_PICTURES it keeps pictures in that folder, with HQ_LOOK_NAME under
 * names that end in it, beside those without; with HQ_URL and HQ_ADMIN_TOKEN_FILE it also measures how long a cut takes to
 * be red on Stores.
 */
const url = required('HQ_GRAFANA_URL').replace(/\/$/, '');
const user = process.env['HQ_GRAFANA_USER'] ?? 'admin';
const password = required('HQ_GRAFANA_PASSWORD');
const pictures = process.env['HQ_LOOK_PICTURES'];
const ending = process.env['HQ_LOOK_NAME'] ? `-${process.env['HQ_LOOK_NAME']}` : '';
const storeId = process.env['HQ_LOOK_STORE'];
const { HQ_URL: hqUrl, HQ_ADMIN_TOKEN_FILE: adminTokenFile } = process.env;

/** A picture of the documents is to load at once. */
const maxPictureBytes = 300_000;
/** Of the Stores dashboard, which asks every 5 seconds. */
const cutToRedLimitMs = 6_000;
const cuts = 5;

const recent = '&from=now-30m&to=now';
const ofStore = `${recent}${storeId ? `&var-store=${storeId}` : ''}`;
const dashboards: Readonly<
  Record<
    string,
    {
      readonly query: string;
      /** Pixels in which all panels are in sight. */
      readonly height: number;
      readonly picture: { readonly width?: number; readonly height: number };
    }
  >
> = {
  'hq-stores': { query: recent, height: 1_400, picture: { height: 860 } },
  'hq-store': { query: ofStore, height: 3_600, picture: { height: 1_250 } },
  'hq-sync-errors': { query: recent, height: 2_400, picture: { height: 1_100 } },
  'hq-activity': { query: recent, height: 2_400, picture: { height: 1_000 } },
  'hq-wall': { query: `${recent}&kiosk`, height: 1_000, picture: { width: 800, height: 860 } },
  'hq-collector': { query: recent, height: 2_600, picture: { height: 1_100 } },
};

const wide = 1_500;
const phone = { width: 390, height: 844 };

const troubles: PanelTrouble[] = [];
const grafana = await GrafanaSession.open(url, user, password);
try {
  for (const [uid, { query, height, picture }] of Object.entries(dashboards)) {
    await look(uid, query, { width: wide, height, theme: 'dark' });
    await look(uid, query, { ...phone, height: 2 * height, theme: 'light' });
    if (pictures === undefined) continue;
    await take(uid, query, { width: wide, ...picture, theme: 'dark' }, `${uid}${ending}`);
    await take(uid, query, { width: wide, ...picture, theme: 'light' }, `${uid}${ending}-light`);
    await take(uid, query, { ...phone, theme: 'light' }, `${uid}${ending}-phone`);
  }
  if (hqUrl !== undefined && adminTokenFile !== undefined) {
    const tookMs = await measureCutToRed(grafana, hqUrl, adminTokenFile, cuts);
    say(`cut to red on Stores: ${tookMs.join(', ')} ms`);
    const worstMs = Math.max(...tookMs);
    if (worstMs > cutToRedLimitMs)
      troubles.push({
        dashboard: 'hq-stores',
        trouble: `red after ${worstMs} ms, more than ${cutToRedLimitMs}`,
      });
  } else say('cut to red: skipped, it needs HQ_URL and HQ_ADMIN_TOKEN_FILE');
} finally {
  await grafana.close();
}
for (const { dashboard, trouble } of troubles) process.stderr.write(`${dashboard}: ${trouble}\n`);
process.exitCode = troubles.length === 0 ? 0 : 1;

async function look(uid: string, query: string, how: Look): Promise<void> {
  const page = await grafana.dashboard(uid, query, how, troubles);
  const empty = await emptyPanels(page);
  troubles.push(...empty.map((title) => ({ dashboard: uid, trouble: `no data in "${title}"` })));
  say(`${uid} at ${how.width} px, ${how.theme}: looked at`);
  await page.context().close();
}

async function take(uid: string, query: string, how: Look, name: string): Promise<void> {
  await mkdir(pictures!, { recursive: true });
  const page = await grafana.dashboard(uid, query, how, troubles);
  const file = path.join(pictures!, `${name}.png`);
  await page.screenshot({ path: file });
  await page.context().close();
  const { size } = await stat(file);
  say(`${file}: ${Math.ceil(size / 1_000)} kB`);
  if (size > maxPictureBytes)
    troubles.push({ dashboard: uid, trouble: `${file} has more than ${maxPictureBytes} bytes` });
}

function required(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set.`);
  return value;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
