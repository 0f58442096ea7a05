import { expect, test } from '@jest/globals';
import { execFileSync, spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { chmod, chown, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { findFreePort } from '@hq-sync/local-postgres/launch';
import { serviceUserFor } from '@hq-sync/local-postgres/service-user';
import { migrate } from '../src/db/migrate.js';

// hq-collector/schema.sql is what pg_dump of PostgreSQL 15, the oldest that is supported, says of a freshly migrated
// server of its own version: another version words it otherwise, and pg_dump refuses a server that is newer than
// itself, as the embedded one is. After a migration: HQ_WRITE_SCHEMA=1 npm test -- hq-collector/tests/schema
const file = new URL('../schema.sql', import.meta.url);
const majorVersion = 15;

/** Folder of pg_dump, initdb and pg_ctl of this version: beside HQ_PG_DUMP, in PATH, or where Debian and RPMs put them. */
function findPrograms(): string | undefined {
  const given = process.env['HQ_PG_DUMP'];
  const folders = [
    ...(given ? [path.dirname(given)] : []),
    ...(process.env['PATH'] ?? '').split(path.delimiter),
    `/usr/lib/postgresql/${majorVersion}/bin`,
    `/usr/pgsql-${majorVersion}/bin`,
  ];
  return folders.find((folder) => {
    try {
      for (const name of ['pg_dump', 'initdb', 'pg_ctl']) accessSync(path.join(folder, name), constants.X_OK);
    } catch {
      return false;
    }
    const { stdout } = spawnSync(path.join(folder, 'pg_dump'), ['--version'], { encoding: 'utf8' });
    return new RegExp(`^pg_dump \\(PostgreSQL\\) ${majorVersion}\\.`).test(stdout);
  });
}

/** The dump of a server that lives for this alone. */
async function dumpMigrated(programs: string): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'hq-schema-'));
  const dataDir = path.join(folder, 'data');
  const user = serviceUserFor(dataDir); // a server refuses root
  await chmod(folder, 0o755);
  if (user) await chown(folder, user.uid, user.gid);
  const run = (program: string, args: string[]) =>
    execFileSync(path.join(programs, program), args, {
      cwd: folder,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      ...(user && { uid: user.uid, gid: user.gid }),
    });
  try {
    run('initdb', ['-D', dataDir, '-U', 'hq', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync']);
    const port = await findFreePort();
    const options = `-p ${port} -k '' -c listen_addresses=127.0.0.1 -c fsync=off`;
    run('pg_ctl', ['start', '-D', dataDir, '-o', options, '-l', path.join(folder, 'log'), '-w', '-s']);
    try {
      const url = `postgres://hq@127.0.0.1:${port}/postgres`;
      await migrate(url);
      const what = ['--schema-only', '--no-owner', '--no-privileges', '-n', 'hq', '-n', 'hq_view'];
      return run('pg_dump', [...what, url]);
    } finally {
      run('pg_ctl', ['stop', '-D', dataDir, '-m', 'fast', '-w', '-s']);
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

const programs = findPrograms();
const name = `schema.sql is byte for byte what pg_dump ${majorVersion} says of the migrations`;
if (programs === undefined) {
  const what = `no pg_dump ${majorVersion} with initdb and pg_ctl beside it`;
  console.warn(`skipped: ${what}`); // eslint-disable-line no-console -- a skip must be loud
  test.skip(`${name} (skipped: ${what})`, () => undefined);
} else {
  test(name, async () => {
    const schema = withoutNoise(await dumpMigrated(programs));
    if (process.env['HQ_WRITE_SCHEMA']) await writeFile(file, schema);
    expect(schema).toBe(await readFile(file, 'utf8'));
  });
}
