import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { Chain } from '@hq-sync/testkit/pager/chain';
import { Monitoring, monitoringMissing } from '@hq-sync/testkit/pager/monitoring';
import { eventually } from '@hq-sync/testkit/eventually';
import { divided, production } from '../src/thresholds.js';

const factor = 60;
let chain: Chain;
let monitoring: Monitoring;

beforeAll(async () => {
  chain = await Chain.open({
    saleEveryMs: 1_500,
    settings: { HQ_HEARTBEAT_INTERVAL_MS: '1000', HQ_RESTART_GRACE_MS: '2000' },
  });
  for (let n = 1; n <= 8; n++) await chain.addStore(`north-${n}`, { region: 'north' });
  const folder = path.join(chain.folder, 'monitoring');
  await mkdir(folder);
  monitoring = await Monitoring.start(folder, divided(production, factor), chain.targets);
}, 120_000);
afterAll(async () => {
  await monitoring?.stop();
  await chain?.close();
});

test('a store that is cut pages, and is over when it is back', async () => {
  const { webhook } = monitoring;
  await eventually(
    'all judged',
    () => monitoring.query('fleet:hq_synced:count', 'x'),
    (m) => m.get('') === 8,
    30_000,
  );
  chain.cut('north-1');
  await eventually(
    'paged',
    () => webhook.firing(),
    (names) => names.includes('HqStoreDisconnectedLong north-1'),
    60_000,
  );
  chain.restore('north-1');
  await eventually(
    'over',
    () => webhook.firing().filter((n) => n !== 'HqWatchdog'),
    (names) => names.length === 0,
    60_000,
  );
  console.log(monitoring.webhook.pages, monitoringMissing());
  expect(1).toBe(1);
}, 200_000);
