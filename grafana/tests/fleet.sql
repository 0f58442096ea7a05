-- Three stores: one connected, one disconnected with errors, one without a store server.
insert into hq.collector (replica_id, hostname, version, lease_until)
values ('00000000-0000-0000-0000-000000000001', 'one', '1.0.0', clock_timestamp() + interval '1 day');

insert into hq.store (store_id, name, region, timezone, currency) values
  ('s-1', 'Main store', 'north', 'America/Denver', 'USD'),
  ('s-2', 'O''Hare store', null, 'Asia/Tokyo', 'JPY'),
  ('s-3', 'Empty store', 'south', 'UTC', 'USD');

insert into hq.store_token (store_id, secret_hash, created_by)
select store_id, sha256(store_id::bytea), 'a person' from hq.store where store_id <> 's-3';

insert into hq.store_connection (store_id, connection_id, replica_id, connected_at, disconnected_at, disconnect_reason,
  connects_total, agent_version, schema_version, schema_compatible, last_heartbeat_at, last_sale_at, open_registers, queues, days)
values
  ('s-1', gen_random_uuid(), '00000000-0000-0000-0000-000000000001', clock_timestamp(), null, null, 1, '1.0.0', 2, true,
    clock_timestamp() + interval '1 day', clock_timestamp(), '[{"terminalId": "T1", "openedAt": "2026-03-01T08:00:00Z", "cashierId": "c"}]',
    '[{"entity": "sales", "direction": "push", "pendingRecords": 2, "attempt": 1, "nextTryAt": "2030-01-01T00:00:00Z"}]',
    '[{"businessDate": "2026-03-01", "currency": "USD", "salesCount": 2, "grossMinor": 200}]'),
  ('s-2', null, '00000000-0000-0000-0000-000000000001', clock_timestamp(), clock_timestamp(), 'socket closed', 1, '1.1.0', 2, true,
    clock_timestamp(), null, '[]', '[]', '[]');

insert into hq.store_entity (store_id, entity, direction, last_success_at, records_total)
select c.store_id, e.entity, e.direction, clock_timestamp(), 3 from hq.store_connection c cross join hq.entity e;

insert into hq.activity (store_id, business_date, currency, sales_count, gross_minor)
select store_id, hq.business_date(hq.hq_now(), timezone, day_cutover), currency, 3, 1234 from hq.store where store_id <> 's-3';

insert into hq.error_episode (store_id, entity, direction, kind, code, message, opened_at, last_at, failures)
values ('s-2', 'sales', 'push', 'overloaded', 'overloaded', 'HQ takes no more', clock_timestamp(), clock_timestamp(), 3);

insert into hq.quarantined_record (store_id, entity, code, message, schema_version, content, content_hash)
values ('s-2', 'sales', 'record_invalid', 'no lines', 2, 'x', 'x');

insert into hq.sync_log (store_id, entity, direction, succeeded, records) values ('s-1', 'sales', 'push', true, 3);
insert into hq.sync_error (store_id, entity, direction, kind, code, message, source)
values ('s-2', 'sales', 'push', 'overloaded', 'overloaded', 'HQ takes no more', 'http');
insert into hq.resync_job (store_id, entities, created_by) values ('s-1', '{products}', 'a person');
insert into hq.audit_log (actor, action, store_id, source, detail) values ('a person', 'token.generate', 's-1', '127.0.0.1', '{}');
