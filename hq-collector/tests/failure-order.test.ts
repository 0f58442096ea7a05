import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { eventually } from '@hq-sync/testkit/eventually';
import { startTestCollector, type TestCollector } from '@hq-sync/testkit/test-collector';
import { push, saleRecord } from '@hq-sync/testkit/wire-store';
import pg from 'pg';
import { FailureRecorder } from '../src/sync/failure-recorder.js';

let hq: TestCollector;
let token: string;
beforeAll(async () => {
  hq = await startTestCollector({ settings: { HQ_WATCH_INTERVAL_MS: '100' } });
});
afterAll(() => hq.stop());
let stores = 0;
let storeId: string;
beforeEach(async () => {
  storeId = `s${(stores += 1)}`;
  await hq.admin.createStore({ storeId });
  token = (await hq.admin.generateToken(storeId)).token;
});

const sell = (id: string) => push(hq.url, token, [saleRecord(id)]);
const fail = () => push(hq.url, token, []);
const episodes = async () =>
  (
    await hq.database.pool.query<{ open: boolean }>(
      'select open from hq_view.error_episodes where store_id = $1',
      [storeId],
    )
  ).rows;

test('a failure and the success after it, written at once, leave no open episode', async () => {
  expect((await fail()).body.code).toBe('batch_empty');
  expect((await sell('a')).status).toBe(200);
  const between = await hq.database.pool.connect();
  try {
    await between.query('begin');
    // The failure's statement comes to this row after it has looked for a success.
    await between.query('select from hq.store_error_total where store_id = $1 for update', [storeId]);
    const failed = fail();
    await eventually(
      'the failure is being written',
      () =>
        hq.database.pool.query(
          `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
        ),
      ({ rowCount }) => rowCount! > 0,
    );
    expect((await sell('b')).status).toBe(200);
    await between.query('commit');
    expect((await failed).body.code).toBe('batch_empty');
  } finally {
    between.release();
  }
  const found = await eventually('none is open', episodes, (all) => all.every(({ open }) => !open));
  expect(found).toHaveLength(2);
});

test('a failure has the time at which it came, however long its writing waits for a connection', async () => {
  const pool = new pg.Pool({ connectionString: hq.database.url, max: 1 });
  const recorder = new FailureRecorder(pool, { failed: () => undefined, dropped: () => undefined });
  const onlyConnection = await pool.connect();
  const written = recorder.record({
    storeId,
    code: 'store_timeout',
    kind: 'network_timeout',
    message: 'no answer',
    source: 'store',
    entity: 'sales',
    direction: 'push',
  });
  await eventually(
    'it is taken to be written',
    () => recorder.waitingFailures,
    (waiting) => waiting === 0,
  );
  const { rows } = await onlyConnection.query<{ later: string }>('select clock_timestamp()::text as later');
  const takenMs = performance.now();
  await eventually(
    'it has waited for longer than it was collected',
    () => performance.now(),
    (nowMs) => nowMs > takenMs + 500,
  );
  onlyConnection.release();
  expect(await written).toBe(true);
  const failed = await hq.database.pool.query(
    'select last_at < $2::timestamptz as before from hq_view.error_episodes where store_id = $1',
    [storeId, rows[0]!.later],
  );
  expect(failed.rows).toEqual([{ before: true }]);
  await recorder.stop();
  await pool.end();
});
