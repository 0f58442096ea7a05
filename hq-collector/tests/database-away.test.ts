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

test('a failure that is written after the success that followed it leaves no open episode', async () => {
  await hq.database.pool.query(`
    create table public.failing ();
    create function break_errors() returns trigger language plpgsql as $$
      begin if to_regclass('public.failing') is not null then perform pg_terminate_backend(pg_backend_pid()); end if; return new; end $$;
    create trigger break before insert on hq.sync_error for each row execute function break_errors();`);
  expect((await push(hq.url, token, [saleRecord('breaks')])).status).toBe(503);
  expect((await push(hq.url, token, [saleRecord('b')])).status).toBe(200);
  const failures = () =>
    hq.database.pool.query(`select failures::int, open from hq_view.error_episodes where store_id = 's1'`);
  const { rowCount: before } = await failures();
  await hq.database.pool.query('drop table public.failing');
  const { rows } = await eventually(
    'the failure is written',
    failures,
    (found) => found.rowCount! > before! || found.rows.some((one) => one.failures > 1),
  );
  expect(rows).toEqual(rows.map(() => ({ failures: 1, open: false })));
});
