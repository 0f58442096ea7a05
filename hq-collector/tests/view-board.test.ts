import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createTestDatabase, type TestDatabase } from '@hq-sync/testkit/test-database';
import { groups, verdictOf, type StatusOfStore } from '../src/page/status.js';

let database: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase();
});

afterAll(() => database.drop());

/** Every way a store can be: a store for each combination. */
const fleet = `
  insert into hq.collector (replica_id, hostname, version, lease_until, serving_since) values
    ('00000000-0000-0000-0000-000000000001', 'one', '1', clock_timestamp() + interval '1 hour', clock_timestamp() - interval '1 hour'),
    ('00000000-0000-0000-0000-000000000002', 'two', '1', clock_timestamp() - interval '1 minute', clock_timestamp() - interval '1 hour');
  insert into hq.store (store_id, name, timezone, currency, opening_hours)
  select concat_ws(' ', how, open, trouble), 'a store', 'UTC', 'USD', case when not open then '{}'::jsonb end
  from unnest(array['no server', 'never', 'connected', 'stale', 'cut', 'silent', 'lost']) how,
    unnest(array[true, false]) open,
    unnest(array['sound', 'schema', 'quarantine', 'errors', 'withheld', 'behind', 'duplicate']) trouble;
  insert into hq.store_connection (store_id, connection_id, replica_id, connected_at, disconnected_at, disconnect_reason,
    connects_total, schema_version, schema_compatible, last_heartbeat_at, withheld_records, oldest_pending_at, duplicate_server_at)
  select store_id,
    case when store_id not like all(array['cut %', 'never %']) then gen_random_uuid() end,
    case when store_id like 'lost %' then '00000000-0000-0000-0000-000000000002' else '00000000-0000-0000-0000-000000000001' end::uuid,
    clock_timestamp() - interval '30 minutes',
    clock_timestamp() - interval '20 minutes',
    'socket closed',
    case when store_id like 'never %' then 0 else 1 end,
    7,
    store_id not like '%schema',
    clock_timestamp() - case when store_id like 'silent %' then interval '10 minutes' else interval '1 second' end,
    case when store_id like '%withheld' then 4 else 0 end,
    case when store_id like '%behind' then clock_timestamp() - interval '6 minutes' end,
    case when store_id like '%duplicate' then clock_timestamp() end
  from hq.store where store_id not like 'no server%';
  insert into hq.store_entity (store_id, entity, direction, last_success_at)
  select store_id, 'sales', 'push', clock_timestamp() - case when store_id like 'stale %' then interval '11 minutes' else interval '1 minute' end
  from hq.store_connection;
  insert into hq.quarantined_record (store_id, entity, code, message, schema_version, content, content_hash)
  select store_id, 'sales', 'record_invalid', 'm', 1, 'x', 'x' from hq.store_connection where store_id like '%quarantine';
  insert into hq.error_episode (store_id, entity, direction, kind, code, message, opened_at, last_at, failures)
  select store_id, 'sales', 'push', 'overloaded', 'overloaded', 'm', clock_timestamp(), clock_timestamp(), 2
  from hq.store_connection where store_id like '%errors'`;

test('hq_view.store_board gives the verdict of the page: its order, its reason, what is stale', async () => {
  await database.pool.query(fleet);
  const { rows } = await database.pool.query<
    StatusOfStore & { storeId: string; boardReason: string | null; severity: number }
  >(`
    select s.store_id as "storeId", s.status, s.reason, s.expected_online as "expectedOnline", b.stale,
      case when s.status = 'connected' and not s.synced then
        case when s.oldest_pending_at < s.data_as_of - interval '5 minutes' then 'push' else 'pull' end
      end as "behindIn",
      s.errors_open::integer as "errorsOpen", s.quarantined_records::integer as quarantined,
      coalesce(s.withheld_records, 0)::integer as withheld,
      s.schema_version as "schemaVersion", s.schema_compatible as "schemaCompatible", b.reason as "boardReason", b.severity
    from hq_view.stores s join hq_view.store_board b using (store_id)`);
  expect(rows).toHaveLength(7 * 2 * 7);
  expect(new Set(rows.map(({ severity }) => severity)).size).toBeGreaterThanOrEqual(8);
  for (const row of rows) {
    const { group, reason } = verdictOf(row);
    const board = { storeId: row.storeId, group: groups[row.severity], reason: row.boardReason ?? '' };
    // The page does not repeat the status as its reason.
    const said = row.status === 'never_connected' || row.status === 'no_server' ? board.reason : reason;
    expect(board).toEqual({ storeId: row.storeId, group, reason: said });
  }
});
