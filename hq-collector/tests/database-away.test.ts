import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { eventually } from '@hq-sync/testkit/eventually';
import { startTestCollector, type TestCollector } from '@hq-sync/testkit/test-collector';
import { push, saleRecord } from '@hq-sync/testkit/wire-store';

let hq: TestCollector;
let token: string;
beforeAll(async () => {
  hq = await startTestCollector();
  await hq.admin.createStore({ storeId: 's1' });
  token = (await hq.admin.generateToken('s1')).token;
});
afterAll(() => hq.stop());

test('a database connection that breaks in the middle of a push is a 503, and the next push succeeds', async () => {
  await hq.database.pool.query(`
    create function break() returns trigger language plpgsql as $$ begin perform pg_terminate_backend(pg_backend_pid()); return new; end $$;
    create trigger break before insert on hq.pushed_record for each row when (new.record_id = 'breaks') execute function break();`);
  const answer = await push(hq.url, token, [saleRecord('breaks')]);
  expect(answer.body).toMatchObject({ status: 503, code: 'database_unavailable', retry: true });
  expect(answer.headers.get('retry-after')).toBe('2');
  expect((await push(hq.url, token, [saleRecord('a')])).status).toBe(200);
  const { rows } = await eventually(
    'the failure is written after',
    () => hq.database.pool.query(`select kind, open from hq_view.error_episodes`),
    (found) => found.rows.length > 0,
  );
  expect(rows).toEqual([expect.objectContaining({ kind: 'overloaded' })]);
});
