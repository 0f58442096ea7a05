import { lstat, readFile, symlink } from 'node:fs/promises';
import path from 'node:path';

interface LibraryLink {
  /** Both relative to the package's folder, e.g. native/lib/libpq.so.5.18 and native/lib/libpq.so. */
  readonly source: string;
  readonly target: string;
}

/**
 * Makes the symbolic links between the shared libraries, which an npm package cannot carry: its install script makes
 * them, and npm may have been told to run no scripts. `native` is the folder with bin, lib and share.
 * Throws the file system's own error (EACCES, EROFS) where a link is missing and cannot be made.
 */
export async function makeLibraryLinks(native: string): Promise<void> {
  for (const { source, target } of await listLinks(native)) {
    // A copy of the folder may be called otherwise than `native`, so only the part below it counts.
    const link = path.join(native, path.relative('native', target));
    if (await exists(link)) continue;
    await symlink(path.relative(path.dirname(target), source), link).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
  }
}

async function listLinks(native: string): Promise<LibraryLink[]> {
  const list = path.join(native, 'pg-symlinks.json');
  return (await exists(list)) ? (JSON.parse(await readFile(list, 'utf8')) as LibraryLink[]) : [];
}

async function exists(file: string): Promise<boolean> {
  return lstat(file).then(
    () => true,
    () => false,
  );
}
