import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { adminClient } from '../admin-client.js';
import { WireStore } from '../wire-store.js';
import type { GrafanaSession } from './grafana-session.js';

const connected = '● connected';
const red = '✖ disconnected';
const deadlineMs = 30_000;

/** How long after a store's socket was cut the Stores dashboard shows it red, in milliseconds, once for each round. */
export async function measureCutToRed(
  grafana: GrafanaSession,
  hqUrl: string,
  adminTokenFile: string,
  rounds: number,
): Promise<number[]> {
  const admin = adminClient(hqUrl, (await readFile(adminTokenFile, 'utf8')).trim());
  const storeId = `look-cut-${randomBytes(4).toString('hex')}`;
  await admin.createStore({ storeId, name: 'A store that is cut' });
  const { token } = await admin.generateToken(storeId);
  const look = { width: 1_400, height: 900, theme: 'dark' } as const;
  const page = await grafana.dashboard('hq-stores', `&var-search=${storeId}&refresh=5s`, look);
  const tookMs: number[] = [];
  try {
    for (let round = 0; round < rounds; round++) {
      const store = await WireStore.connect(hqUrl, token);
      await page.getByText(connected).first().waitFor({ timeout: deadlineMs });
      // Not in step with the refresh.
      await page.waitForTimeout(Math.random() * 5_000);
      const cutAtMs = performance.now();
      store.ws.terminate();
      await page.getByText(red).first().waitFor({ timeout: deadlineMs });
      tookMs.push(Math.round(performance.now() - cutAtMs));
    }
  } finally {
    await page.context().close();
    await admin.call('POST', `/stores/${storeId}/archive`, { force: true });
  }
  return tookMs;
}
