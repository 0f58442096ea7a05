import { createHash } from 'node:crypto';
import { type Stats, realpathSync, statSync } from 'node:fs';
import path from 'node:path';
import { type ServiceUser, serviceUserFor } from './service-user.js';

const SHARED_DATA_ROOT = '/var/lib/hq-sync-dashboard';

/**
 * The directory to give to `startCluster`: `preferred` itself unless we are root and the user who runs the server
 * cannot get there (a clone under /root, mode 0700); then a directory of its own under /var/lib, always the same
 * for the same `preferred`.
 */
export function reachableDataDir(preferred: string): string {
  const resolved = path.resolve(preferred);
  const user = serviceUserFor(resolved);
  if (user === undefined || canReach(resolved, user)) return resolved;
  const key = createHash('sha256').update(resolved).digest('hex').slice(0, 12);
  return path.join(SHARED_DATA_ROOT, key);
}

/**
 * Whether `user` may pass every existing directory above `file`, by owner, group and mode bits. Access lists and
 * supplementary groups are not looked at: the server is started without any.
 */
export function canReach(file: string, user: ServiceUser): boolean {
  return [...parents(file), ...parents(realPathOfExisting(file))].every((dir) => {
    const stats = statSync(dir, { throwIfNoEntry: false });
    return stats === undefined || permits(stats, user, 'execute');
  });
}

export function permits(stats: Stats, user: ServiceUser, right: 'read' | 'execute'): boolean {
  const bit = right === 'read' ? 4 : 1;
  const shift = stats.uid === user.uid ? 6 : stats.gid === user.gid ? 3 : 0;
  return ((stats.mode >> shift) & bit) !== 0;
}

function parents(file: string): string[] {
  const parent = path.dirname(file);
  return parent === file ? [] : [...parents(parent), parent];
}

/** Symbolic links resolved as far as the path exists: what lies behind a link has parents of its own. */
function realPathOfExisting(file: string): string {
  if (statSync(file, { throwIfNoEntry: false }) !== undefined) return realpathSync(file);
  const parent = path.dirname(file);
  return parent === file ? file : path.join(realPathOfExisting(parent), path.basename(file));
}
