import { execFile, spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { chmod, chown, mkdir } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { findFreePort } from '@hq-sync/local-postgres/launch';
import { serviceUserFor } from '@hq-sync/local-postgres/service-user';

const run = promisify(execFile);

/** Oldest that the product supports. */
export const oldestPostgres = 15;

/** A PostgreSQL of this machine. Unlike the embedded one it has pg_dump and psql, which refuse servers newer than they are. */
export class InstalledPostgres {
  private constructor(private readonly programs: string) {}

  /** Of this version, from beside HQ_PG_DUMP, PATH, or where Debian and RPMs put it; undefined where it is not. */
  static find(majorVersion: number): InstalledPostgres | undefined {
    const given = process.env['HQ_PG_DUMP'];
    const folders = [
      ...(given ? [path.dirname(given)] : []),
      ...(process.env['PATH'] ?? '').split(path.delimiter),
      `/usr/lib/postgresql/${majorVersion}/bin`,
      `/usr/pgsql-${majorVersion}/bin`,
    ];
    const found = folders.find((folder) => {
      try {
        for (const name of ['pg_dump', 'psql', 'initdb', 'pg_ctl'])
          accessSync(path.join(folder, name), constants.X_OK);
      } catch {
        return false;
      }
      const { stdout } = spawnSync(path.join(folder, 'pg_dump'), ['--version'], { encoding: 'utf8' });
      return new RegExp(`^pg_dump \\(PostgreSQL\\) ${majorVersion}\\.`).test(stdout);
    });
    return found === undefined ? undefined : new InstalledPostgres(found);
  }

  /** A new server in a folder of its own. `settings` as the server's command line takes them. */
  async start(
    folder: string,
    settings: Readonly<Record<string, string>> = {},
  ): Promise<{ url: string; stop(): Promise<void> }> {
    const dataDir = path.join(folder, 'data');
    const user = serviceUserFor(dataDir); // a server refuses root
    await mkdir(folder, { recursive: true });
    await chmod(folder, 0o755);
    if (user) await chown(folder, user.uid, user.gid);
    const own = (program: string, args: string[]) =>
      run(path.join(this.programs, program), args, {
        cwd: folder,
        ...(user && { uid: user.uid, gid: user.gid }),
      });
    await own('initdb', ['-D', dataDir, '-U', 'hq', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync']);
    const port = await findFreePort();
    const all = { listen_addresses: '127.0.0.1', ...settings };
    const options = Object.entries(all).map(([name, value]) => ` -c ${name}=${value}`);
    const log = path.join(folder, 'log');
    await own('pg_ctl', [
      'start',
      ...['-D', dataDir, '-o', `-p ${port} -k ''${options.join('')}`, '-l', log, '-w', '-s'],
    ]);
    return {
      url: `postgres://hq@127.0.0.1:${port}/postgres`,
      async stop() {
        await own('pg_ctl', ['stop', '-D', dataDir, '-m', 'fast', '-w', '-s']);
      },
    };
  }

  /** The schema alone of these schemas, as pg_dump says it. */
  async dumpSchema(url: string, schemas: readonly string[]): Promise<string> {
    const what = [
      '--schema-only',
      '--no-owner',
      '--no-privileges',
      ...schemas.flatMap((name) => ['-n', name]),
    ];
    const { stdout } = await run(path.join(this.programs, 'pg_dump'), [...what, url], {
      maxBuffer: 16 * 1024 ** 2,
    });
    return stdout;
  }

  /** Everything of one database into another, empty one, by way of `file`. */
  async dumpAndRestore(from: string, to: string, file: string): Promise<void> {
    await run(path.join(this.programs, 'pg_dump'), ['--no-owner', '-f', file, from]);
    const restoring = ['-X', '-q', '-v', 'ON_ERROR_STOP=1', '--single-transaction', '-f', file, to];
    await run(path.join(this.programs, 'psql'), restoring);
  }
}
