import { expect, test } from '@jest/globals';
import { eventually } from '@hq-sync/testkit/eventually';
import { startTestCollector } from '@hq-sync/testkit/test-collector';
import { heartbeatOf, WireStore } from '@hq-sync/testkit/wire-store';

/** An HQ of its own: on a busy machine any other test takes longer than this window at times. */
const heartbeatWindowMs = 700;

test('a store is disconnected when heartbeats stop on a living socket, and connected with the next one', async () => {
  const hq = await startTestCollector({
    settings: { HQ_HEARTBEAT_WINDOW_MS: String(heartbeatWindowMs), HQ_WATCH_INTERVAL_MS: '60000' },
  });
  const storeId = 's1';
  await hq.admin.createStore({ storeId });
  const { token } = await hq.admin.generateToken(storeId);
  const store = await WireStore.connect(hq.url, token);
  try {
    const query = async (sql: string) => (await hq.database.pool.query(sql, [storeId])).rows;
    const view = async () =>
      (await query('select status, reason from hq_view.stores where store_id = $1'))[0] as {
        status: string;
        reason: string | null;
      };
    await eventually('disconnected', view, (row) => row.reason === 'heartbeat lost');
    expect(await view()).toEqual({ status: 'disconnected', reason: 'heartbeat lost' });
    // The view goes by the database's clock; the process counts by its own, a moment before or after.
    const totals = () =>
      query('select reason, total::int from hq.store_disconnect_total where store_id = $1');
    await eventually('it is counted', totals, (rows) => rows.length > 0);
    expect(await totals()).toEqual([{ reason: 'heartbeat lost', total: 1 }]);
    let looks = 0;
    await eventually(
      'connected again',
      () => {
        // Until it is seen, well below a flood: one look may take longer than the window.
        if (looks++ % 5 === 0) store.send(heartbeatOf());
        return view();
      },
      (row) => row.status === 'connected' && row.reason === null,
    );
    expect(store.ws.readyState).toBe(store.ws.OPEN);
  } finally {
    store.ws.terminate();
    await hq.stop();
  }
});
