import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { eventually } from '@hq-sync/testkit/eventually';
import { startTestCollector, type TestCollector } from '@hq-sync/testkit/test-collector';
import { heartbeatOf, WireStore } from '@hq-sync/testkit/wire-store';

let hq: TestCollector;
beforeAll(async () => {
  hq = await startTestCollector();
});
afterAll(() => hq.stop());

async function claimOf(storeId: string) {
  const { rows } = await hq.database.pool.query<{
    status: string;
    synced: boolean;
    pending: number;
    oldest: Date | null;
  }>(
    `select status, synced, pending_records::int as pending, oldest_pending_at as oldest
     from hq_view.stores where store_id = $1`,
    [storeId],
  );
  return rows[0]!;
}

// A hello counts as the first heartbeat; it says how much waits and not since when.
test('a store that comes back with an empty queue is synced: nothing of its old backlog stays', async () => {
  await hq.admin.createStore({ storeId: 's1' });
  const { token } = await hq.admin.generateToken('s1');
  const before = await WireStore.connect(hq.url, token);
  before.send(
    heartbeatOf({
      queues: [
        {
          entity: 'sales',
          direction: 'push',
          pendingRecords: 7,
          oldestPendingAt: new Date(Date.now() - 600_000).toISOString(),
          attempt: 3,
          nextTryAt: null,
        },
      ],
    }),
  );
  await eventually(
    'the backlog is seen',
    () => claimOf('s1'),
    ({ pending, synced }) => pending === 7 && !synced,
  );
  await before.close();
  await eventually(
    'disconnected',
    () => claimOf('s1'),
    ({ status }) => status === 'disconnected',
  );
  const after = await WireStore.connect(hq.url, token, { pendingRecords: 0 });
  const claim = await eventually(
    'connected again',
    () => claimOf('s1'),
    ({ status }) => status === 'connected',
  );
  await after.close();
  expect(claim).toMatchObject({ pending: 0, oldest: null, synced: true });
});
