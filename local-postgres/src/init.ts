import { appendFile, chown, mkdtemp, open, readFile, readdir, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { runCommand } from './command.js';
import { LocalPostgresError, explained } from './errors.js';
import { giveTree, replaceOwnedFile } from './owned-file.js';
import { ensurePassword } from './password.js';
import type { Place } from './place.js';
import { SETTINGS_FILE } from './settings.js';

export const SUPERUSER = 'hq';

/** Measured 1.4 s on two cores; the rest is for slow disks, initdb syncs every file. */
const INITDB_LIMIT_MS = 180_000;

/**
 * Makes the data directory if there is none. It is made in a folder beside and renamed, so it is either whole or
 * absent; folders left by a cut initdb are removed. One starter at a time per data directory.
 * Throws LocalPostgresError `not-a-cluster`, `other-version`, `start-failed`, `no-permission`, `disk-full`.
 */
export async function ensureInitialised(place: Place): Promise<void> {
  const { dataDir, user } = place;
  await explained(`prepare the data directory ${dataDir}`, async () => {
    await removeUnfinished(dataDir);
    if (!(await isInitialised(place))) await initialise(place);
    // A data directory restored from a backup by root belongs to root.
    else if (user !== undefined && (await stat(dataDir)).uid === 0) await giveTree(dataDir, user);
  });
}

async function isInitialised({ dataDir, binaries }: Place): Promise<boolean> {
  const entries = await readdir(dataDir).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [] as string[];
    throw error;
  });
  if (entries.length === 0) return false;
  if (!entries.includes('PG_VERSION')) {
    const message = `${dataDir} is not empty and is no PostgreSQL data directory: choose another one.`;
    throw new LocalPostgresError('not-a-cluster', message);
  }
  const version = (await readFile(path.join(dataDir, 'PG_VERSION'), 'utf8')).trim();
  if (version !== binaries.majorVersion) {
    const message = `${dataDir} was made by PostgreSQL ${version}, and this is PostgreSQL ${binaries.majorVersion}: move it away to start with an empty one.`;
    throw new LocalPostgresError('other-version', message);
  }
  return true;
}

async function initialise(place: Place): Promise<void> {
  const { dataDir, user } = place;
  const password = await ensurePassword(place.passwordFile);
  const unfinished = await mkdtemp(unfinishedPrefix(dataDir));
  try {
    if (user !== undefined) await chown(unfinished, user.uid, user.gid);
    const passwordCopy = path.join(unfinished, 'password');
    await replaceOwnedFile(passwordCopy, password, user);
    const made = path.join(unfinished, 'data');
    await runInitdb(place, made, passwordCopy);
    await appendFile(path.join(made, 'postgresql.conf'), `\ninclude '${SETTINGS_FILE}'\n`);
    await replaceOwnedFile(path.join(made, SETTINGS_FILE), '', user);
    await moveIntoPlace(made, dataDir);
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
}

async function runInitdb(
  { dataDir, binaries, user }: Place,
  made: string,
  passwordFile: string,
): Promise<void> {
  const args = [
    ...['-D', made, '-U', SUPERUSER, `--pwfile=${passwordFile}`, '--auth=scram-sha-256', '--encoding=UTF8'],
    // The same on every machine, whatever locales it has: sorting by code point, upper and lower case by Unicode.
    ...['--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'],
    ...['--data-checksums', '--no-instructions'],
  ];
  const { exitCode, output } = await runCommand(binaries.initdb, args, { user, limitMs: INITDB_LIMIT_MS });
  if (exitCode === 0) return;
  if (output.includes('No space left on device')) {
    throw new LocalPostgresError('disk-full', `Could not make ${dataDir}: the disk is full.`);
  }
  const message = `PostgreSQL's data directory could not be made. initdb said: ${output.trim()}`;
  throw new LocalPostgresError('start-failed', message);
}

async function moveIntoPlace(made: string, dataDir: string): Promise<void> {
  try {
    await rename(made, dataDir);
  } catch (error) {
    if (!['EBUSY', 'EXDEV'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    const message = `${dataDir} is a mounted volume itself: give a folder inside it.`;
    throw new LocalPostgresError('not-a-cluster', message, { cause: error });
  }
  if (process.platform === 'win32') return;
  const parent = await open(path.dirname(dataDir), 'r');
  await parent.sync().finally(() => parent.close());
}

async function removeUnfinished(dataDir: string): Promise<void> {
  const prefix = path.basename(unfinishedPrefix(dataDir));
  for (const name of await readdir(path.dirname(dataDir))) {
    if (!name.startsWith(prefix)) continue;
    // An initdb that outlived its starter may still be writing there; what it leaves goes at the next start.
    const leftover = path.join(path.dirname(dataDir), name);
    await rm(leftover, { recursive: true, force: true, maxRetries: 5 }).catch(() => undefined);
  }
}

function unfinishedPrefix(dataDir: string): string {
  return `${dataDir}.unfinished-`;
}
