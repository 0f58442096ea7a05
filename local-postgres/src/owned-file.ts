import { chown, lchown, open, readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import type { ServiceUser } from './service-user.js';

/**
 * Replaces a file in a directory of the service user, mode 0600, owned by that user. The old one is removed and the
 * new one made exclusively, so that root never writes through a link which that user has put there.
 */
export async function replaceOwnedFile(
  file: string,
  text: string,
  user: ServiceUser | undefined,
): Promise<void> {
  await rm(file, { force: true });
  const handle = await open(file, 'wx', 0o600);
  try {
    if (user !== undefined) await handle.chown(user.uid, user.gid);
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Gives a directory and everything below it to the service user; links themselves, never what they point to. */
export async function giveTree(dir: string, user: ServiceUser): Promise<void> {
  await chown(dir, user.uid, user.gid);
  for (const entry of await readdir(dir, { withFileTypes: true })) {
    const file = path.join(dir, entry.name);
    if (entry.isDirectory()) await giveTree(file, user);
    else await lchown(file, user.uid, user.gid);
  }
}
