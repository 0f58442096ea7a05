import { setTimeout as sleep } from 'node:timers/promises';
import { findRunningServer } from './adopt.js';
import { LocalPostgresError, explained } from './errors.js';
import { SUPERUSER, ensureInitialised } from './init.js';
import { type LaunchOutcome, findFreePort, launch } from './launch.js';
import { readPassword } from './password.js';
import { type Place, findPlace } from './place.js';
import type { Postmaster } from './postmaster-file.js';
import { isPostmasterOf, killWithChildren } from './processes.js';
import { keepLogSmall } from './server-log.js';
import { refuseBadSettings } from './settings.js';
import { shutDown } from './shutdown.js';

export interface ClusterOptions {
  /** Made at the first start; see reachableDataDir for root. `.password` and `.log` files are kept beside it. */
  dataDir: string;
  /** 0 or absent: a free port at each start. An adopted server keeps its port and its settings. */
  port?: number;
  /** PostgreSQL's own settings by name. Durability and listening are fixed. */
  settings?: Record<string, string>;
  /** Gets a short line for each step that takes time. */
  log?: (line: string) => void;
}

export interface Cluster {
  readonly host: '127.0.0.1';
  readonly port: number;
  readonly dataDir: string;
  /** Whether the server was running already, left by an earlier process. */
  readonly adopted: boolean;
  /** Process number of the postmaster. */
  readonly pid: number;
  /** postgres://hq:<password>@127.0.0.1:<port>/<database>, of the superuser; default database `postgres`. */
  url(database?: string): string;
  /** Fast shutdown, resolves when the server is gone; at the latest after about 45 s it is killed. */
  stop(): Promise<void>;
  /** SIGKILL to the postmaster and every backend, for crash tests; resolves when all are gone. */
  kill(): Promise<void>;
}

const PORT_TRIES = 5;
/** Backends of a killed server notice within milliseconds, or when their current disk write ends. */
const BUSY_LIMIT_MS = 30_000;
const BUSY_POLL_MS = 200;

/**
 * Starts a PostgreSQL server on this machine, or adopts the one that runs on the data directory already.
 *
 * The server is a daemon: it outlives this process unless `stop` is called. Committed rows survive the kill of either.
 * Throws LocalPostgresError, whose message is for a person. One starter at a time per data directory.
 */
export async function startCluster(options: ClusterOptions): Promise<Cluster> {
  refuseBadSettings(options.settings ?? {});
  const place = await findPlace(options.dataDir);
  return explained(`start PostgreSQL on ${place.dataDir}`, async () => {
    await ensureInitialised(place);
    const password = await readPassword(place.passwordFile);
    const endLogCare = await keepLogSmall(place);
    try {
      const { postmaster, adopted } = await adoptOrLaunch(place, password, options);
      return clusterOf(place, postmaster, { adopted, password, endLogCare });
    } catch (error) {
      endLogCare();
      throw error;
    }
  });
}

async function adoptOrLaunch(
  place: Place,
  password: string,
  { port = 0, settings = {}, log = () => undefined }: ClusterOptions,
): Promise<{ postmaster: Postmaster; adopted: boolean }> {
  const busyDeadline = Date.now() + BUSY_LIMIT_MS;
  let portTries = 0;
  let launched = false;
  for (;;) {
    const postmaster = await findRunningServer(place, password);
    if (postmaster !== undefined) {
      const what = launched ? 'runs' : 'was running already';
      log(`PostgreSQL ${what} on 127.0.0.1:${postmaster.port}, process ${postmaster.pid}`);
      return { postmaster, adopted: !launched };
    }
    if (launched) throw endedAtOnce(place);
    const outcome: LaunchOutcome = await launch(place, port === 0 ? await findFreePort() : port, settings);
    launched = outcome.kind === 'started';
    if (outcome.kind === 'port-taken' && (port !== 0 || ++portTries >= PORT_TRIES))
      throw portTaken(port, outcome);
    if (outcome.kind === 'still-busy') {
      if (Date.now() > busyDeadline) throw stillBusy(place, outcome.reason);
      await sleep(BUSY_POLL_MS);
    }
  }
}

interface ClusterParts {
  adopted: boolean;
  password: string;
  endLogCare: () => void;
}

function clusterOf(
  place: Place,
  { pid, port }: Postmaster,
  { adopted, password, endLogCare }: ClusterParts,
): Cluster {
  const { dataDir } = place;
  return {
    host: '127.0.0.1',
    port,
    dataDir,
    adopted,
    pid,
    url: (database = 'postgres') =>
      `postgres://${SUPERUSER}:${password}@127.0.0.1:${port}/${encodeURIComponent(database)}`,
    stop: async () => {
      endLogCare();
      await shutDown(place, pid);
    },
    kill: async () => {
      endLogCare();
      if (isPostmasterOf(pid, dataDir)) await killWithChildren(pid);
    },
  };
}

function portTaken(port: number, { reason }: { reason: string }): LocalPostgresError {
  const which = port === 0 ? `${PORT_TRIES} free ports in turn were` : `Port ${port} is`;
  return new LocalPostgresError(
    'port-in-use',
    `${which} in use by another program. PostgreSQL said:\n${reason}`,
  );
}

function endedAtOnce({ logFile }: Place): LocalPostgresError {
  return new LocalPostgresError(
    'start-failed',
    `PostgreSQL started and ended at once: ${logFile} tells why.`,
  );
}

function stillBusy({ dataDir }: Place, reason: string): LocalPostgresError {
  const message = `Processes of an earlier PostgreSQL server still use ${dataDir} after ${BUSY_LIMIT_MS / 1000} s. PostgreSQL said:\n${reason}`;
  return new LocalPostgresError('start-failed', message);
}
