import { expect, test } from '@jest/globals';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { InstalledPostgres, oldestPostgres } from '@hq-sync/testkit/installed-postgres';
import { migrate } from '../src/db/migrate.js';

// hq-collector/schema.sql is what pg_dump of PostgreSQL 15, the oldest that is supported, says of a freshly migrated
// server of its own version: another version words it otherwise, and pg_dump refuses a server that is newer than
// itself, as the embedded one is. After a migration: HQ_WRITE_SCHEMA=1 npm test -- hq-collector/tests/schema
const file = new URL('../schema.sql', import.meta.url);

/** The dump of a server that lives for this alone. */
async function dumpMigrated(postgres: InstalledPostgres): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'hq-schema-'));
  try {
    const server = await postgres.start(folder, { fsync: 'off' });
    try {
      await migrate(server.url);
      return await postgres.dumpSchema(server.url, ['hq', 'hq_view']);
    } finally {
      await server.stop();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * A dump without what is not of the schema: pg_dump's own comments (its version, a name above each object), its session's
 * settings, the random words of \restrict, and more than one empty line in a row.
 */
function withoutNoise(dump: string): string {
  const noise =
    /^(--|-- (Name|Dumped|PostgreSQL database dump).*|SET \w+ = .*;|SELECT pg_catalog\.set_config\(.*|\\(un)?restrict .*)$/;
  const lines = dump.split('\n').filter((line) => !noise.test(line));
  return lines
    .join('\n')
    .replace(/^\n+/, '\n')
    .replace(/\n{3,}/g, '\n\n');
}

const postgres = InstalledPostgres.find(oldestPostgres);
const name = `schema.sql is byte for byte what pg_dump ${oldestPostgres} says of the migrations`;
if (postgres === undefined) {
  const what = `no pg_dump ${oldestPostgres} with initdb and pg_ctl beside it`;
  console.warn(`skipped: ${what}`); // eslint-disable-line no-console -- a skip must be loud
  test.skip(`${name} (skipped: ${what})`, () => undefined);
} else {
  test(name, async () => {
    const schema = withoutNoise(await dumpMigrated(postgres));
    if (process.env['HQ_WRITE_SCHEMA']) await writeFile(file, schema);
    expect(schema).toBe(await readFile(file, 'utf8'));
  });
}
