import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createTestDatabase, type TestDatabase } from '@hq-sync/testkit/test-database';

const document = readFileSync(new URL('../../docs/views.md', import.meta.url), 'utf8');

let database: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase();
});

afterAll(() => database.drop());

/** Views of the document: each column with its type, and the rest of what is said of it. */
const documented = Object.fromEntries(
  document
    .split(/^## /m)
    .slice(1)
    .map((section) => [
      section.slice(0, section.indexOf('\n')),
      [...section.matchAll(/^\| `(\w+)` \| ([^|]+) \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$/gm)].map((row) =>
        row.slice(1),
      ),
    ]),
);

describe('docs/views.md', () => {
  it('has every view, and every column in its order and with its type', async () => {
    const { rows } = await database.pool.query<{ view: string; columns: string[] }>(`
      select c.relname as view,
        array_agg(a.attname || ' ' || replace(format_type(a.atttypid, null), 'timestamp with time zone', 'timestamptz')
          order by a.attnum) as columns
      from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0
      where c.relnamespace = 'hq_view'::regnamespace and c.relkind = 'v'
      group by c.relname`);
    const inDocument = Object.entries(documented).map(([view, columns]) => [
      view,
      columns.map(([name, type]) => `${name} ${type}`),
    ]);
    expect(Object.fromEntries(inDocument)).toEqual(
      Object.fromEntries(rows.map(({ view, columns }) => [view, columns])),
    );
  });

  it('says of every column its unit, when it is null, and what it means', () => {
    const said = Object.values(documented).flat();
    expect(said.length).toBeGreaterThan(200);
    expect(said.filter((cells) => cells.some((cell) => !/\w/.test(cell)))).toEqual([]);
  });
});
