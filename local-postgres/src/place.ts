import { chmod } from 'node:fs/promises';
import path from 'node:path';
import { type Binaries, findBinaries } from './binaries.js';
import { LocalPostgresError, explained } from './errors.js';
import { makeDirectory } from './make-directory.js';
import { canReach } from './reachable-data-dir.js';
import { type ServiceUser, serviceUserFor } from './service-user.js';

/** Where one cluster lives, and as whom and with what it runs. */
export interface Place {
  readonly dataDir: string;
  /** Beside the data directory; made by us, mode 0600. */
  readonly passwordFile: string;
  readonly logFile: string;
  readonly user: ServiceUser | undefined;
  readonly binaries: Binaries;
}

/** Throws LocalPostgresError `no-permission`, `no-binaries` or `no-service-user`. */
export async function findPlace(directory: string): Promise<Place> {
  const dataDir = path.resolve(directory);
  const user = serviceUserFor(dataDir);
  await explained(`make the folder for ${dataDir}`, () => makeParents(dataDir, user));
  if (user !== undefined && !canReach(dataDir, user)) {
    const message = `PostgreSQL has to run as ${user.name}, who cannot reach ${dataDir}: choose a directory outside private folders.`;
    throw new LocalPostgresError('no-permission', message);
  }
  const binaries = await findBinaries(user);
  return { dataDir, passwordFile: `${dataDir}.password`, logFile: `${dataDir}.log`, user, binaries };
}

/** Folders that we make as root must let the service user pass, whatever the umask says. */
async function makeParents(dataDir: string, user: ServiceUser | undefined): Promise<void> {
  const parent = path.dirname(dataDir);
  const topmostMade = madeOrRefused(parent);
  if (topmostMade === undefined || user === undefined) return;
  for (let dir = parent; dir.startsWith(topmostMade); dir = path.dirname(dir)) await chmod(dir, 0o755);
}

/** Where the system has folders that nobody can make, or a file is in the way, it says neither EACCES nor EROFS. */
function madeOrRefused(directory: string): string | undefined {
  try {
    return makeDirectory(directory);
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException;
    if (!['ENOENT', 'EEXIST', 'ENOTDIR'].includes(code)) throw error;
    throw new LocalPostgresError('no-permission', `The folder ${directory} cannot be made: ${message}.`, {
      cause: error,
    });
  }
}
