import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { startTestCollector, type TestCollector } from '@hq-sync/testkit/test-collector';
import { StoreAgent } from '@hq-sync/store-agent/agent';
import { eventually } from '@hq-sync/testkit/eventually';
import { WireStore } from '@hq-sync/testkit/wire-store';
import { Home } from './started.js';

let hq: TestCollector;
let home: Home;
const endings: (() => unknown)[] = [];
beforeAll(async () => {
  hq = await startTestCollector({ settings: { HQ_WATCH_INTERVAL_MS: '200' } });
});
afterAll(() => hq.stop());
beforeEach(() => {
  home = new Home();
  home.knows(hq.url, hq.admin.token);
});
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
  home.remove();
});

async function newStore(): Promise<{ storeId: string; token: string }> {
  const storeId = `s-${randomUUID().slice(0, 8)}`;
  await hq.admin.createStore({ storeId });
  return { storeId, token: (await hq.admin.generateToken(storeId)).token };
}

describe('waiting', () => {
  test('says nothing that a terminal obeys, whatever the store is called', async () => {
    const storeId = 'evil \u009b2J\u202e';
    await hq.admin.createStore({ storeId });
    await hq.admin.generateToken(storeId);
    const waiting = home.start(['resync', 'start', storeId, '--wait']);
    const [job] = await eventually(
      'its job',
      async () => (await hq.admin.call('GET', '/resync-jobs')).body.items as { jobId: string }[],
      (items) => items.length > 0,
    );
    await hq.admin.call('POST', `/resync-jobs/${job!.jobId}/cancel`, {});
    const { code, stdout, stderr } = await waiting;
    expect(code).toBe(7);
    expect(stderr).toContain('evil');
    expect(stdout + stderr).not.toMatch(/[\u0080-\u009f\u202a-\u202e]/);
  });

  test('a resync and a rollout of a real store server are followed until they are done', async () => {
    const { storeId, token } = await newStore();
    await hq.admin.call('PATCH', `/stores/${storeId}`, { region: 'Agents' });
    await hq.admin.changeRecords(
      'products',
      Array.from({ length: 300 }, (_, n) => ({ id: `p${n}`, data: { n } })),
    );
    const dataDir = path.join(home.folder, 'store');
    mkdirSync(dataDir);
    const agent = await StoreAgent.start({ hqUrl: hq.url, token, dataDir, intake: null });
    endings.push(() => agent.stop());
    const job = await home.start(['resync', 'start', storeId, '--wait']);
    expect({ code: job.code, out: job.stdout }).toEqual({
      code: 0,
      out: expect.stringMatching(/State +done\nMessage +–\nDone +100 %/),
    });
    expect(job.stderr).toMatch(/█{30} 100 % {2}s-\w+: done, [\d,]+ of [\d,]+ records\n$/);
    const rollout = await home.start([
      'rollouts',
      'start',
      '--region',
      'Agents',
      '--entity',
      'products',
      '--wait',
    ]);
    expect({ code: rollout.code, out: rollout.stdout }).toEqual({
      code: 0,
      out: expect.stringMatching(/Ended well +1/),
    });
    const preview = await home.start([
      'resync',
      'start',
      storeId,
      '--preview',
      '--entity',
      'products',
      '--json',
    ]);
    expect(JSON.parse(preview.stdout)).toMatchObject({ records: 300, bytesPerSecond: expect.any(Number) });
    expect((await hq.admin.call('GET', `/resync-jobs?storeId=${storeId}`)).body.items).toHaveLength(2);
  });

  test('7 when it is cancelled meanwhile', async () => {
    const { storeId, token } = await newStore();
    const store = await WireStore.connect(hq.url, token);
    endings.push(() => store.close());
    const waiting = home.start(['resync', 'start', storeId, '--wait']);
    const [job] = await eventually(
      'the job',
      async () => (await hq.admin.call('GET', `/resync-jobs?storeId=${storeId}`)).body.items,
      (items) => items.length === 1,
    );
    await hq.admin.call('POST', `/resync-jobs/${job.jobId}/cancel`, {});
    expect(await waiting).toMatchObject({ code: 7, stdout: expect.stringMatching(/State +cancelled/) });
  });
});
