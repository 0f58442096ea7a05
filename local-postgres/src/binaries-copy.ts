import { chmod, cp, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { LocalPostgresError, explained } from './errors.js';
import { makeLibraryLinks } from './library-links.js';
import { makeDirectory } from './make-directory.js';
import type { ServiceUser } from './service-user.js';

const SHARED_CACHE = '/var/cache/hq-sync-dashboard';

/**
 * Copies the package's `native` folder (60 MB) to where `user` can run it, unless that was done before, and returns
 * the copy. Root copies to /var/cache, owned by root; everybody else to a cache of their own.
 * The copy appears whole, by a rename, so a cut in the middle leaves nothing that looks usable.
 */
export async function copyBinaries(
  native: string,
  version: string,
  user: ServiceUser | undefined,
): Promise<string> {
  const cache = user === undefined ? ownCache() : SHARED_CACHE;
  const copy = path.join(cache, `postgres-${version}`);
  return explained(`copy PostgreSQL's programs to ${copy}`, async () => {
    makeDirectory(cache, 0o755);
    if (user !== undefined) await chmod(cache, 0o755);
    if (!(await isDirectory(copy))) await makeCopy(native, cache, copy);
    await refuseForeignCopy(copy);
    return copy;
  });
}

async function makeCopy(native: string, cache: string, copy: string): Promise<void> {
  const unfinished = await mkdtemp(`${copy}.unfinished-`);
  try {
    await cp(native, unfinished, { recursive: true, verbatimSymlinks: true });
    await makeLibraryLinks(unfinished);
    await makeReadable(unfinished);
    await rename(unfinished, copy).catch(async (error: unknown) => {
      // Another start was quicker: its copy is as good.
      if (!(await isDirectory(copy))) throw error;
    });
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
}

/** All may read, the programs may be run by all, nobody but the owner may write. */
async function makeReadable(dir: string): Promise<void> {
  await chmod(dir, 0o755);
  for (const entry of await readdir(dir, { withFileTypes: true })) {
    const file = path.join(dir, entry.name);
    if (entry.isDirectory()) await makeReadable(file);
    else if (entry.isFile()) await chmod(file, path.basename(dir) === 'bin' ? 0o755 : 0o644);
  }
}

/** We are about to run what lies there: it has to be ours, and writable by nobody else. */
async function refuseForeignCopy(copy: string): Promise<void> {
  if (process.platform === 'win32') return;
  for (const dir of [path.dirname(copy), copy]) {
    const { uid, mode } = await stat(dir);
    if (uid !== process.getuid?.() || (mode & 0o022) !== 0) {
      const message = `${dir} belongs to another user or is writable by others, so the programs in it are not run: remove it.`;
      throw new LocalPostgresError('no-permission', message);
    }
  }
}

function ownCache(): string {
  return path.join(process.env['XDG_CACHE_HOME'] ?? path.join(os.homedir(), '.cache'), 'hq-sync-dashboard');
}

async function isDirectory(file: string): Promise<boolean> {
  return stat(file).then(
    (stats) => stats.isDirectory(),
    () => false,
  );
}
