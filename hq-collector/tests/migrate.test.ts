import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { afterEach, expect, test } from '@jest/globals';
import pg from 'pg';
import { migrate } from '../src/db/migrate.js';
import { maintainPartitions } from '../src/db/partitions.js';

const server = () => process.env['HQ_TEST_SERVER']!;
const made: string[] = [];
const migrationsFolder = new URL('../migrations/', import.meta.url);
const migrations = readdirSync(migrationsFolder).filter((name) => name.endsWith('.sql'));

async function query(url: string, sql: string) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql)).rows as Record<string, unknown>[];
  } finally {
    await client.end();
  }
}

const url = (name: string) => server().replace(/\/[^/]*$/, `/${name}`);

async function emptyDatabase(): Promise<string> {
  const name = `migrate_${randomBytes(5).toString('hex')}`;
  await query(url('postgres'), `create database ${name}`);
  made.push(name);
  return url(name);
}

afterEach(async () => {
  for (const name of made.splice(0))
    await query(url('postgres'), `drop database if exists ${name} with (force)`);
});

test('collectors that start at once migrate once', async () => {
  const database = await emptyDatabase();
  const ran = await Promise.all([migrate(database), migrate(database), migrate(database)]);
  expect(ran.map((names) => names.length).sort()).toEqual([0, 0, migrations.length]);
});

test('a lock row that a killed migration left does not stop the next one', async () => {
  const database = await emptyDatabase();
  await migrate(database);
  await query(database, 'update public.hq_migration_lock set is_locked = 1');
  expect(await migrate(database)).toEqual([]);
});

test('partitions are made ahead, kept for their retention, and dropped after it', async () => {
  const database = await emptyDatabase();
  await migrate(database);
  const pool = new pg.Pool({ connectionString: database, max: 2 });
  await maintainPartitions(pool, { logDays: 30, tombstoneDays: 90, errorDays: 90 });
  await maintainPartitions(pool, { logDays: 30, tombstoneDays: 90, errorDays: 90 });
  const names = async () =>
    (await query(database, `select relname from pg_class where relname ~ '^sync_log_[0-9]{8}$' order by 1`))
      .length;
  expect(await names()).toBe(9); // yesterday, today, seven days ahead
  await query(
    database,
    `create table hq.sync_log_20200101 partition of hq.sync_log for values from ('2020-01-01 00:00+00') to ('2020-01-02 00:00+00')`,
  );
  await maintainPartitions(pool, { logDays: 30, tombstoneDays: 90, errorDays: 90 });
  expect(await names()).toBe(9);
  await pool.end();
});

test('what is past its retention goes, with what hangs on it; deletes that go are remembered', async () => {
  const database = await emptyDatabase();
  await migrate(database);
  const counts = async () =>
    (
      await query(
        database,
        `select (select count(*) from hq.resync_job)::int as jobs, (select count(*) from hq.resync_entity)::int as entities,
          (select count(*) from hq.store_command)::int as commands, (select count(*) from hq.store_report)::int as reports,
          (select count(*) from hq.hq_record)::int as records, (select count(*) from hq.hq_pointer)::int as pointers,
          (select count(*) from hq.upload_line)::int as lines`,
      )
    )[0];
  const past = "now() - interval '100 days'";
  await query(
    database,
    `insert into hq.store (store_id, name, timezone, currency) values ('s', 's', 'UTC', 'USD');
     insert into hq.resync_job (store_id, entities, created_by, state, ended_at) values
       ('s', '{products}', 'p', 'done', ${past}), ('s', '{products}', 'p', 'done', now()), ('s', '{products}', 'p', 'running', null);
     insert into hq.resync_entity (job_id, entity, scan_end, records_total) select job_id, 'products', 0, 0 from hq.resync_job;
     insert into hq.store_command (command_id, store_id, command, created_by, done_at, job_id)
       select job_id, 's', 'resync', 'p', null, job_id from hq.resync_job;
     insert into hq.store_report (store_id, report_id, received_at) values ('s', gen_random_uuid(), ${past}), ('s', gen_random_uuid(), now());
     insert into hq.hq_record (entity, record_id, deleted, data) values
       ('products', 'old delete', true, null), ('products', 'new delete', true, null), ('products', 'old', false, '{}');
     insert into hq.hq_pointer (entity, record_id, store_set, changed_at) values ('products', 'old', 'all', ${past});
     select hq.publish('products');
     update hq.hq_record set changed_at = ${past} where record_id like 'old%';
     insert into hq.upload_line (upload_id, line, record_id, deleted, received_at) values (gen_random_uuid(), 1, 'x', true, ${past})`,
  );
  const pool = new pg.Pool({ connectionString: database, max: 2 });
  await maintainPartitions(pool, { logDays: 30, tombstoneDays: 90, errorDays: 90 });
  await pool.end();
  expect(await counts()).toEqual({
    jobs: 2,
    entities: 2,
    commands: 2,
    reports: 1,
    records: 2,
    pointers: 0,
    lines: 0,
  });
  expect(await query(database, 'select head::int, forgotten::int from hq.entity_head')).toEqual([
    { head: 4, forgotten: 4 },
  ]);
});

test('schema.sql names every table and view of the migrations', () => {
  const schema = readFileSync(new URL('../schema.sql', import.meta.url), 'utf8');
  const statements = migrations
    .map((name) => readFileSync(new URL(name, migrationsFolder), 'utf8'))
    .join('\n');
  for (const [, kind, name] of statements.matchAll(/^create (table|view) (\S+)/gm))
    expect(schema).toContain(`CREATE ${kind!.toUpperCase()} ${name}`);
});
