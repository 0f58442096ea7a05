import { readFileSync, statSync } from 'node:fs';
import { LocalPostgresError } from './errors.js';

export interface ServiceUser {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

const CANDIDATES = ['postgres', 'nobody'];

/**
 * The user who has to run the server, or undefined where it runs as ourselves.
 *
 * PostgreSQL refuses root. An existing data directory keeps the user it belongs to, so that neither "first as
 * myself, then with sudo" nor a `postgres` user who came later locks anybody out of existing data.
 * Throws LocalPostgresError `no-service-user` where root finds nobody to run as; users are never created.
 */
export function serviceUserFor(dataDir: string): ServiceUser | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const owner = statSync(dataDir, { throwIfNoEntry: false });
  if (owner !== undefined && owner.uid !== 0) {
    return { name: `user ${owner.uid}`, uid: owner.uid, gid: owner.gid };
  }
  const known = knownUsers();
  const user = CANDIDATES.map((name) => known.get(name)).find((found) => found !== undefined);
  if (user === undefined) {
    throw new LocalPostgresError(
      'no-service-user',
      'PostgreSQL refuses to run as root, and this machine has neither a user "postgres" nor "nobody": start as another user.',
    );
  }
  return user;
}

function knownUsers(): Map<string, ServiceUser> {
  const users = new Map<string, ServiceUser>();
  for (const line of readFileSync('/etc/passwd', 'utf8').split('\n')) {
    const [name = '', , uid, gid] = line.split(':');
    // macOS writes nobody as -2; the system calls want it unsigned.
    if (uid && gid) users.set(name, { name, uid: Number(uid) >>> 0, gid: Number(gid) >>> 0 });
  }
  return users;
}
