import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { StoreAgent } from '@hq-sync/store-agent/agent';
import { eventually } from '@hq-sync/testkit/eventually';
import { WireStore } from '@hq-sync/testkit/wire-store';
import { useDesk } from './desk.js';

const desk = useDesk();

async function newStore(): Promise<{ storeId: string; token: string }> {
  const storeId = `s-${randomUUID().slice(0, 8)}`;
  await desk.hq.admin.createStore({ storeId });
  return { storeId, token: (await desk.hq.admin.generateToken(storeId)).token };
}

describe('waiting', () => {
  test('says nothing that a terminal obeys, whatever the store is called', async () => {
    const storeId = 'evil \u009b2J\u202e';
    await desk.hq.admin.createStore({ storeId });
    await desk.hq.admin.generateToken(storeId);
    const waiting = desk.home.start(['resync', 'start', storeId, '--wait']);
    const [job] = await eventually(
      'its job',
      async () => (await desk.hq.admin.call('GET', '/resync-jobs')).body.items as { jobId: string }[],
      (items) => items.length > 0,
    );
    await desk.hq.admin.call('POST', `/resync-jobs/${job!.jobId}/cancel`, {});
    const { code, stdout, stderr } = await waiting;
    expect(code).toBe(7);
    expect(stderr).toContain('evil');
    expect(stdout + stderr).not.toMatch(/[\u0080-\u009f\u202a-\u202e]/);
  });

  test('a resync and a rollout of a real store server are followed until they are done', async () => {
    const { storeId, token } = await newStore();
    await desk.hq.admin.call('PATCH', `/stores/${storeId}`, { region: 'Agents' });
    await desk.hq.admin.changeRecords(
      'products',
      Array.from({ length: 300 }, (_, n) => ({ id: `p${n}`, data: { n } })),
    );
    const dataDir = path.join(desk.home.folder, 'store');
    mkdirSync(dataDir);
    const agent = await StoreAgent.start({ hqUrl: desk.hq.url, token, dataDir, intake: null });
    desk.endings.push(() => agent.stop());
    const job = await desk.home.start(['resync', 'start', storeId, '--wait']);
    expect({ code: job.code, out: job.stdout }).toEqual({
      code: 0,
      out: expect.stringMatching(/State +done\nMessage +–\nDone +100 %/),
    });
    expect(job.stderr).toMatch(/█{30} 100 % {2}s-\w+: done, [\d,]+ of [\d,]+ records\n$/);
    const rollout = await desk.home.start([
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
    const preview = await desk.home.start([
      'resync',
      'start',
      storeId,
      '--preview',
      '--entity',
      'products',
      '--json',
    ]);
    expect(JSON.parse(preview.stdout)).toMatchObject({ records: 300, bytesPerSecond: expect.any(Number) });
    expect((await desk.hq.admin.call('GET', `/resync-jobs?storeId=${storeId}`)).body.items).toHaveLength(2);
  });

  test('7 when it is cancelled meanwhile', async () => {
    const { storeId, token } = await newStore();
    const store = await WireStore.connect(desk.hq.url, token);
    desk.endings.push(() => store.close());
    const waiting = desk.home.start(['resync', 'start', storeId, '--wait']);
    const [job] = await eventually(
      'the job',
      async () => (await desk.hq.admin.call('GET', `/resync-jobs?storeId=${storeId}`)).body.items,
      (items) => items.length === 1,
    );
    await desk.hq.admin.call('POST', `/resync-jobs/${job.jobId}/cancel`, {});
    expect(await waiting).toMatchObject({ code: 7, stdout: expect.stringMatching(/State +cancelled/) });
  });
});
