import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createTestDatabase, type TestDatabase } from '@hq-sync/testkit/test-database';
import pg from 'pg';
import { committed, panelsOf } from './committed.js';
import { all, interpolateSql, type Choice } from './interpolate.js';

const roleFile = readFileSync(new URL('../reader-role.sql', import.meta.url), 'utf8');
const fixture = readFileSync(new URL('fleet.sql', import.meta.url), 'utf8');

const insufficientPrivilege = '42501';
const readOnlyTransaction = '25006';

/** One of each: nothing chosen, everything, one, and letters that SQL takes for its own. */
const choices: Record<string, Record<string, Choice>> = {
  'everything chosen': {
    region: all,
    version: all,
    status: all,
    currency: all,
    kind: all,
    search: '',
    sort: 'worst',
    store: 's-1',
  },
  'one of each chosen': {
    region: ['north'],
    version: ['1.0.0'],
    status: ['0', '8'],
    currency: ['USD'],
    kind: ['overloaded'],
    search: 'store',
    sort: 'revenue',
    store: 's-2',
  },
  'odd texts chosen': {
    region: ["o'clock", '%'],
    version: ["'"],
    status: ["'"],
    currency: ["'"],
    kind: ["'"],
    search: "it's 100 % \\ _",
    sort: "'",
    store: "'; drop table x --",
  },
  'no store in the registry': {
    region: all,
    version: all,
    status: all,
    currency: all,
    kind: all,
    search: '',
    sort: 'name',
    store: '',
  },
};

let database: TestDatabase;
let reader: pg.Pool;

beforeAll(async () => {
  database = await createTestDatabase();
  await database.pool.query(fixture);
  await database.pool.query(roleFile);
  await database.pool.query(roleFile); // again, as after each migration
  const password = randomBytes(8).toString('hex');
  await database.pool.query(`alter role hq_grafana password '${password}'`);
  const url = new URL(database.url);
  url.username = 'hq_grafana';
  url.password = password;
  reader = new pg.Pool({ connectionString: url.href, max: 2 });
});

afterAll(async () => {
  await reader?.end();
  await database.drop();
});

describe('the reader', () => {
  it('reads every view but those of the records themselves', async () => {
    const { rows } = await database.pool.query<{ name: string }>(
      `select table_name as name from information_schema.views where table_schema = 'hq_view'`,
    );
    expect(rows.length).toBeGreaterThan(15);
    const withheld = ['hq_records', 'pushed_records', 'pushed_revisions', 'quarantined_records'];
    for (const { name } of rows) {
      const expected = withheld.includes(name) ? insufficientPrivilege : 'done';
      expect({ name, outcome: await codeOf(`select * from hq_view.${name} limit 5`) }).toEqual({
        name,
        outcome: expected,
      });
    }
    expect(await codeOf('select code, message from hq_view.quarantined_records')).toBe('done');
    expect(await codeOf('select content from hq_view.quarantined_records')).toBe(insufficientPrivilege);
  });

  it('reads no table', async () => {
    const { rows } = await database.pool.query<{ name: string }>(
      `select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname in ('hq', 'public')`,
    );
    expect(rows.length).toBeGreaterThan(15);
    for (const { name } of rows)
      expect(await codeOf(`select * from ${name} limit 1`)).toBe(insufficientPrivilege);
  });

  it('is stopped when it asks for too much, and only reads unless it says otherwise', async () => {
    const { rows } = await reader.query(
      `select current_setting('statement_timeout') as timeout, current_setting('default_transaction_read_only') as "readOnly"`,
    );
    expect(rows).toEqual([{ timeout: '10s', readOnly: 'on' }]);
    expect(await codeOf('create temporary table t (i integer)')).toBe(readOnlyTransaction);
  });

  it.each([
    ['write a table', 'insert into hq.entity values ($$x$$, $$push$$)'],
    ['change a row through a view', `update hq_view.hq_records set deleted = true`],
    ['delete through a view', 'delete from hq_view.sync_log'],
    ['make a table', 'create table hq_view.t (i integer)'],
    ['make a table where everybody used to be let', 'create table public.t (i integer)'],
    ['make a temporary table', 'create temporary table t (i integer)'],
    ['make a schema', 'create schema s'],
    ['make a function', 'create function hq_view.f() returns integer language sql as $$select 1$$'],
    ['make a large object', 'select lo_from_bytea(0, $$x$$)'],
    ['read a file', `select pg_read_file('/etc/hostname')`],
    ['write a file', `copy (select 1) to '/tmp/x'`],
    ['make a role', 'create role r'],
    ['become the owner', 'set role hq'],
    ['read what stores have pushed', 'select data from hq_view.pushed_records'],
    ['read the hashes of tokens', 'select secret_hash from hq.store_token'],
    ['read the passwords of roles', 'select * from pg_authid'],
  ])('cannot %s, even when it says that it does not only read', async (_, statement) => {
    const client = await reader.connect();
    try {
      await client.query('set default_transaction_read_only = off');
      const outcome = await client.query(statement).then(
        () => 'done',
        ({ code }: { code?: string }) => code,
      );
      // 22023: the role of the test server has another name; it does not exist, or is not one to become.
      expect([insufficientPrivilege, '22023']).toContain(outcome);
    } finally {
      client.release(true);
    }
  });
});

describe.each(Object.entries(choices))('with %s', (_, chosen) => {
  it.each(committed.map((dashboard) => [dashboard.title, dashboard] as const))(
    'every query of %s runs, and has the columns that its panel is about',
    async (_title, dashboard) => {
      const variables = dashboard.templating.list;
      const ask = (sql: string) => reader.query(interpolateSql(sql, variables, chosen));
      for (const { type, query } of variables)
        if (type === 'query' && typeof query === 'string') await ask(query);
      for (const { rawQuery } of dashboard.annotations.list ?? []) if (rawQuery) await ask(rawQuery);
      for (const panel of panelsOf(dashboard)) {
        for (const { rawSql } of panel.targets ?? []) {
          if (rawSql === undefined) continue;
          const columns = (await ask(rawSql)).fields.map(({ name }) => name);
          const turned = panel.transformations?.flatMap(({ options }) =>
            options.mappings.map((m) => m.fieldName),
          );
          const about = (panel.fieldConfig?.overrides ?? [])
            .filter(({ matcher }) => matcher.id === 'byName')
            .map(({ matcher }) => matcher.options);
          expect({
            panel: panel.title,
            missing: [...about, ...(turned ?? [])].filter((name) => !columns.includes(name)),
          }).toEqual({ panel: panel.title, missing: [] });
        }
      }
    },
  );
});

it('shows the stores worst first, and only those that are chosen', async () => {
  const stores = committed.find(({ uid }) => uid === 'hq-stores')!;
  const list = panelsOf(stores).find(({ title }) => title === 'Stores')!.targets![0]!.rawSql!;
  const shown = async (chosen: Record<string, Choice>) => {
    const sql = interpolateSql(list, stores.templating.list, { ...choices['everything chosen'], ...chosen });
    return (await reader.query<{ Id: string }>(sql)).rows.map(({ Id }) => Id);
  };
  expect(await shown({})).toEqual(['s-2', 's-1', 's-3']);
  expect(await shown({ sort: 'name' })).toEqual(['s-3', 's-1', 's-2']);
  expect(await shown({ sort: 'revenue' })).toEqual(['s-2', 's-1', 's-3']);
  expect(await shown({ region: ['north'] })).toEqual(['s-1']);
  expect(await shown({ search: "o'" })).toEqual(['s-2']);
  expect(await shown({ status: ['8', '9'] })).toEqual(['s-1', 's-3']);
});

it('says of the token that a store uses how long it works, and of no other', async () => {
  const { templating, ...dashboard } = committed.find(({ uid }) => uid === 'hq-store')!;
  const tokens = panelsOf(dashboard).find(({ title }) => title === 'Tokens')!.targets![0]!.rawSql!;
  const shown = async () => {
    const sql = interpolateSql(tokens, templating.list, choices['everything chosen']!);
    return (await reader.query(sql)).rows.map((row) => [row['Token id'], row['Ends in']]);
  };
  const generate = async (name: string, days: number | null, usedHoursAgo: number | null) => {
    const { rows } = await database.pool.query<{ token_id: string }>(
      `insert into hq.store_token (store_id, secret_hash, created_by, expires_at, last_used_at)
       values ('s-1', sha256($1), 'a person', clock_timestamp() + $2 * interval '1 day', clock_timestamp() - $3 * interval '1 hour')
       returning token_id`,
      [name, days, usedHoursAgo],
    );
    return rows[0]!.token_id;
  };
  const week = await generate('week', 7, 2);
  const year = await generate('year', 365, null);
  const [[newest, none], [used, left]] = (await shown()) as [[string, null], [string, string]];
  expect([newest, none, used]).toEqual([year, null, week]);
  expect(Number(left)).toBeGreaterThan(6.9);
  expect(Number(left)).toBeLessThanOrEqual(7);
  await database.pool.query('delete from hq.store_token where token_id = any($1)', [[week, year]]);
});

it.each(['hq-stores', 'hq-wall'])('%s counts each store that the list shows with errors', async (uid) => {
  const { templating, ...dashboard } = committed.find((each) => each.uid === uid)!;
  const fleet = panelsOf(dashboard).find(({ title }) => title === 'The fleet now')!.targets![0]!.rawSql!;
  const sql = interpolateSql(fleet, templating.list, choices['everything chosen']!);
  const withErrors = async () => Number((await reader.query(sql)).rows[0]['With errors']);
  const withhold = (records: number) =>
    database.pool.query(
      `update hq.store_connection set withheld_records = ${records} where store_id = 's-1'`,
    );
  // s-2 has an error that is open.
  expect(await withErrors()).toBe(1);
  await withhold(1);
  expect(await withErrors()).toBe(2);
  await withhold(0);
});

async function codeOf(statement: string): Promise<string | undefined> {
  return reader.query(statement).then(
    () => 'done',
    ({ code }: { code?: string }) => code,
  );
}
