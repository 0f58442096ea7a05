import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { eventually } from '@hq-sync/testkit/eventually';
import { PulledCopy } from '@hq-sync/testkit/pull-client';
import { startTestCollector, type TestCollector } from '@hq-sync/testkit/test-collector';
import { WireStore } from '@hq-sync/testkit/wire-store';

let hq: TestCollector;
beforeAll(async () => {
  hq = await startTestCollector({ settings: { HQ_WATCH_INTERVAL_MS: '200' } });
  await hq.admin.changeRecords(
    'departments',
    Array.from({ length: 20 }, (_, index) => ({ id: `d${index}`, data: { name: `Department ${index}` } })),
  );
});
afterAll(() => hq.stop());

interface Store {
  readonly storeId: string;
  readonly token: string;
  readonly socket: WireStore;
}

async function connectedStores(region: string, count: number): Promise<Store[]> {
  const stores: Store[] = [];
  for (let number = 1; number <= count; number += 1) {
    const storeId = `${region}-${number}`;
    await hq.admin.createStore({ storeId, region });
    const { token } = await hq.admin.generateToken(storeId);
    stores.push({ storeId, token, socket: await WireStore.connect(hq.url, token) });
  }
  await eventually(
    'they are seen',
    () =>
      hq.database.pool.query(`select from hq_view.stores where region = $1 and status = 'connected'`, [
        region,
      ]),
    ({ rowCount }) => rowCount === count,
  );
  return stores;
}

const start = (body: object) =>
  hq.admin.call('POST', '/resync-rollouts', { entities: ['departments'], ...body });
const read = async (rolloutId: string) => (await hq.admin.call('GET', `/resync-rollouts/${rolloutId}`)).body;
const act = (rolloutId: string, what: string, body: object = {}) =>
  hq.admin.call('POST', `/resync-rollouts/${rolloutId}/${what}`, body);
const running = async (rolloutId: string): Promise<string[]> =>
  (await hq.admin.call('GET', `/resync-jobs?rolloutId=${rolloutId}&state=running`)).body.items.map(
    ({ storeId }: { storeId: string }) => storeId,
  );
const runs = (rolloutId: string, count: number) =>
  eventually(
    `${count} run`,
    () => running(rolloutId),
    (stores) => stores.length === count,
  );
async function carryOut(stores: readonly Store[], storeId: string): Promise<void> {
  const { token } = stores.find((store) => store.storeId === storeId)!;
  await new PulledCopy(hq.url, token, 'departments').pullAll();
}
const close = (stores: readonly Store[]) => Promise.all(stores.map(({ socket }) => socket.close()));

describe('a rollout', () => {
  test('runs so many at a time, lets the next start when one has ended, and is done with the last', async () => {
    const stores = await connectedStores('east', 5);
    const { status, body } = await start({ scope: { region: 'east' }, maxRunning: 2 });
    expect({ status, body }).toMatchObject({
      status: 201,
      body: { state: 'running', stores: 5, queued: 3, running: 2, percent: 0, scope: { region: 'east' } },
    });
    const { rolloutId } = body;
    const served = new Set<string>();
    while (served.size < 5) {
      const now = await runs(rolloutId, Math.min(2, 5 - served.size));
      const next = now.find((storeId) => !served.has(storeId))!;
      await carryOut(stores, next);
      served.add(next);
    }
    const done = await eventually(
      'its end',
      () => read(rolloutId),
      ({ state }) => state === 'done',
    );
    expect(done).toMatchObject({ done: 5, queued: 0, running: 0, percent: 100, endedAt: expect.any(String) });
    expect((await act(rolloutId, 'pause')).body.code).toBe('rollout_ended');
    await close(stores);
  });

  test('paused starts nothing more, resumed goes on with another bound, cancelled ends all', async () => {
    const stores = await connectedStores('west', 4);
    const { rolloutId } = (await start({ scope: { region: 'west' }, maxRunning: 1 })).body;
    const [first] = await runs(rolloutId, 1);
    expect((await act(rolloutId, 'pause')).body).toMatchObject({ state: 'paused', running: 1 });
    await carryOut(stores, first!);
    await eventually(
      'the first is done',
      () => read(rolloutId),
      ({ done }) => done === 1,
    );
    // A job made later has its turn meanwhile: the schedule was through once more.
    const other = await connectedStores('aside', 1);
    await hq.admin.call('POST', '/stores/aside-1/resync', { entities: ['departments'] });
    await other[0]!.socket.next('command');
    expect(await running(rolloutId)).toEqual([]);
    expect((await act(rolloutId, 'resume', { maxRunning: 3 })).body).toMatchObject({
      state: 'running',
      maxRunning: 3,
    });
    await runs(rolloutId, 3);
    expect((await act(rolloutId, 'cancel')).body).toMatchObject({
      state: 'cancelled',
      done: 1,
      cancelled: 3,
      running: 0,
      percent: 100,
    });
    for (const { storeId, socket } of stores.filter((one) => one.storeId !== first)) {
      const told = await eventually(
        `${storeId} is told to stop`,
        () => socket.received.filter((frame) => frame.type === 'command').map(({ command }) => command),
        (commands) => commands.includes('cancel_resync'),
      );
      expect(told[0]).toBe('resync');
    }
    const { items } = (await hq.admin.call('GET', '/audit?actor=first%20admin')).body;
    expect(items.map(({ action }: { action: string }) => action)).toEqual(
      expect.arrayContaining(['rollout.start', 'rollout.pause', 'rollout.resume', 'rollout.cancel']),
    );
    await close([...stores, ...other]);
  });

  test('leaves out a store with a resync under way, one without a server, and other regions; none left is refused', async () => {
    const stores = await connectedStores('south', 2);
    await hq.admin.createStore({ storeId: 'south-none', region: 'south' });
    await hq.admin.call('POST', '/stores/south-1/resync', { entities: ['departments'] });
    const { rolloutId, stores: count } = (await start({ scope: { region: 'south' } })).body;
    expect(count).toBe(1);
    expect(await runs(rolloutId, 1)).toEqual(['south-2']);
    expect(await start({ scope: { region: 'south' } })).toMatchObject({
      status: 409,
      body: { code: 'rollout_empty' },
    });
    expect((await start({ scope: { region: 'nowhere' } })).body.code).toBe('region_not_found');
    expect((await act('00000000-0000-4000-8000-000000000000', 'pause')).status).toBe(404);
    await close(stores);
  });

  test('a store that does nothing, or is gone, keeps no place', async () => {
    const slow = await startTestCollector({
      settings: { HQ_WATCH_INTERVAL_MS: '200', HQ_RESYNC_STALL_MS: '1000' },
    });
    try {
      for (const storeId of ['a', 'b', 'c']) await slow.admin.createStore({ storeId });
      const sockets = [];
      for (const storeId of ['a', 'b', 'c']) {
        const { token } = await slow.admin.generateToken(storeId);
        sockets.push(await WireStore.connect(slow.url, token));
      }
      const { rolloutId } = (
        await slow.admin.call('POST', '/resync-rollouts', { scope: { all: true }, maxRunning: 1 })
      ).body;
      const rollout = async () => (await slow.admin.call('GET', `/resync-rollouts/${rolloutId}`)).body;
      await eventually('the first', rollout, (now) => now.running >= 1);
      await sockets[0]!.close();
      await eventually('all have begun, none came forward', rollout, (now) => now.running === 3, 10_000);
      for (const socket of sockets.slice(1)) await socket.close();
    } finally {
      await slow.stop();
    }
  });
});

test('a rollout leaves out of each store what that does not pull, and stores that pull nothing of it', async () => {
  const stores = await connectedStores('mixed', 3);
  await new PulledCopy(hq.url, stores[0]!.token, 'products').pullAll();
  await new PulledCopy(hq.url, stores[1]!.token, 'users').pullAll();
  const { status, body } = await start({ scope: { region: 'mixed' }, entities: ['products', 'departments'] });
  expect({ status, body }).toMatchObject({ status: 201, body: { stores: 2 } });
  const { items } = (await hq.admin.call('GET', `/resync-jobs?rolloutId=${body.rolloutId}`)).body;
  const entities = items.map((job: { storeId: string; entities: string[] }) => [job.storeId, job.entities]);
  expect(Object.fromEntries(entities)).toEqual({
    'mixed-1': ['products'],
    // it has asked for nothing yet
    'mixed-3': ['departments', 'products'],
  });
  expect((await start({ scope: { storeId: 'mixed-2' } })).body.code).toBe('rollout_empty');
  await act(body.rolloutId, 'cancel');
  await close(stores);
});

const fixNow = (at: string | null) =>
  hq.database.pool.query(
    at === null
      ? 'delete from hq.business_clock'
      : `insert into hq.business_clock (fixed_at) values ('${at}') on conflict (singleton) do update set fixed_at = excluded.fixed_at`,
  );

describe('the preview of a resync', () => {
  test('says rows and bytes of what the store would get, and how long at its own rate', async () => {
    const [store] = await connectedStores('preview', 1);
    const preview = async (query = '') =>
      (await hq.admin.call('GET', `/stores/preview-1/resync-preview${query}`)).body;
    expect(await preview('?entities=departments')).toMatchObject({
      records: 20,
      bytesPerSecond: null,
      seconds: null,
      openNow: true,
      opensAt: null,
      endsBeforeOpening: null,
    });
    await hq.admin.call('PUT', '/sets/preview-only', { storeIds: ['preview-1'] });
    await hq.admin.changeRecords('departments', [{ id: 'own', data: { name: 'Own' }, set: 'preview-only' }]);
    await hq.admin.changeRecords('departments', [{ id: 'd19', deleted: true }]);
    const pulled = new PulledCopy(hq.url, store!.token, 'departments', 5);
    await pulled.pullAll();
    const bytes = [...pulled.records].reduce(
      (sum, [id, data]) => sum + Buffer.byteLength(`${JSON.stringify({ id, data })}\n`),
      0,
    );
    const after = await preview('?entities=departments');
    expect(after).toMatchObject({
      records: pulled.records.size,
      entities: [{ entity: 'departments', records: 20 }],
    });
    // PostgreSQL writes a space after each colon and comma.
    expect(after.bytes).toBeGreaterThanOrEqual(bytes);
    expect(after.bytes).toBeLessThan(bytes * 1.2);
    expect(after.bytesPerSecond).toBeGreaterThan(0);
    expect(after.seconds).toBe(Math.ceil(after.bytes / after.bytesPerSecond));
    await new PulledCopy(hq.url, store!.token, 'products').pullAll();
    const all = (await preview()).entities.map(({ entity }: { entity: string }) => entity);
    expect(all).toEqual(['departments', 'products']);
    expect((await preview('?entities=sales')).code).toBe('entity_not_pulled');
    expect((await preview('?entities=users')).code).toBe('entity_not_pulled_here');
    await close([store!]);
  });

  test.each([
    [
      'before it opens',
      '2026-11-24T05:00:00Z',
      { openNow: false, opensAt: '2026-11-24T08:00:00.000Z', endsBeforeOpening: true },
    ],
    [
      'in its hours',
      '2026-11-24T12:00:00Z',
      { openNow: true, opensAt: '2026-11-25T08:00:00.000Z', endsBeforeOpening: false },
    ],
    [
      'before a day with other hours',
      '2026-11-25T19:00:00Z',
      { openNow: false, opensAt: '2026-11-27T10:00:00.000Z', endsBeforeOpening: true },
    ],
  ])('says whether it is over before the store opens: %s', async (_, now, expected) => {
    const storeId = `hours-${now.slice(8, 13)}`;
    const weekday = [['08:00', '18:00']];
    await hq.admin.createStore({
      storeId,
      openingHours: { mon: weekday, tue: weekday, wed: weekday, thu: weekday, fri: weekday },
    });
    await hq.admin.call('POST', '/holidays', { day: '2026-11-26', name: 'Closed', scope: { storeId } });
    await hq.admin.call('POST', '/holidays', {
      day: '2026-11-27',
      name: 'Late',
      scope: { storeId },
      hours: [['10:00', '14:00']],
    });
    const { token } = await hq.admin.generateToken(storeId);
    await new PulledCopy(hq.url, token, 'departments').pullAll();
    await fixNow(now);
    try {
      expect(
        (await hq.admin.call('GET', `/stores/${storeId}/resync-preview?entities=departments`)).body,
      ).toMatchObject(expected);
    } finally {
      await fixNow(null);
    }
  });
});
