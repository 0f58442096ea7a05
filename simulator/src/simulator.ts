import { lockDataDir, type DataDirLock } from '@hq-sync/store-agent/data-dir-lock';
import { chmodSync, mkdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { AdminClient } from './admin-client.js';
import { demoChain, type ChainStore } from './demo-chain.js';
import { Fleet } from './fleet.js';
import { Incidents } from './incidents.js';
import type { Act } from './programme.js';
import type { HqControl } from './scenarios/scenario.js';
import { provision } from './provision.js';
import { publishCatalogue } from './publish.js';
import { ReplayFleet } from './replay-fleet.js';
import { readReplay } from './replay-file.js';
import { replayEvents, type ReplayEvent } from './replay.js';
import { TokenFile } from './tokens.js';

export interface SimulatorOptions {
  readonly hqUrl: string;
  readonly adminTokenFile: string;
  readonly dataDir: string;
  /** Stores with a store server, when no file is replayed. */
  readonly stores: number;
  /** Multiple of real time, or of the time of the replayed file; absent: 1, or what plays the file in 5 minutes. */
  readonly speed?: number;
  readonly seed: string;
  /** A file of real sales, instead of made ones. */
  readonly replay?: string;
  /** What the stores go through, again and again; a replay has no incidents. */
  readonly programme: readonly Act[];
  /** How much faster than by their own times the incidents come and go; absent: 1. */
  readonly pace?: number;
  readonly hq?: HqControl;
  readonly log: Logger;
  readonly signal: AbortSignal;
  /** Gets a sentence about what is being done; `where`: the store's name, or the chain. */
  readonly onIncident: (where: string, text: string) => void;
}

export interface Simulator {
  readonly storeCount: number;
  stop(): Promise<void>;
}

/** How long a replay takes unless a speed is given. */
const replayMs = 5 * 60_000;
/** An earlier simulator on the same folder, whose starter was killed, ends within seconds. */
const lockWaitMs = 30_000;
const lockPollMs = 250;

/**
 * Makes the stores at HQ and starts their store servers.
 * @throws AdminApiError, ReplayFileError, AbortError, or an Error when another simulator has the data directory.
 */
export async function startSimulator(options: SimulatorOptions): Promise<Simulator> {
  const { dataDir, signal } = options;
  mkdirSync(dataDir, { recursive: true });
  // Tokens are in here.
  chmodSync(dataDir, 0o700);
  const lock = await waitForLock(dataDir, signal);
  try {
    const running = await (options.replay === undefined
      ? startFleet(options)
      : startReplay(options, options.replay));
    return {
      ...running,
      stop: async () => {
        await running.stop();
        lock.release();
      },
    };
  } catch (error) {
    lock.release();
    throw error;
  }
}

async function startFleet(options: SimulatorOptions): Promise<Simulator> {
  const { admin, tokens, stores } = await prepare(demoChain(options.stores), options);
  await publishCatalogue(admin);
  const fleet = await Fleet.start(stores, { speed: 1, ...options });
  const incidents = new Incidents(fleet.stores, options.programme, {
    admin,
    log: options.log,
    seed: options.seed,
    pace: options.pace ?? 1,
    rememberToken: async (storeId, token) => tokens.set(storeId, token),
    onSay: options.onIncident,
    ...(options.hq === undefined ? {} : { hq: options.hq }),
  });
  const stop = async (): Promise<void> => {
    await incidents.stop();
    await fleet.stop();
  };
  return { storeCount: stores.length, stop };
}

async function startReplay(options: SimulatorOptions, file: string): Promise<Simulator> {
  const replay = await readReplay(file);
  const { stores } = await prepare(replay.stores, options);
  const events = replayEvents(replay.sales, stores, options.seed);
  const fleet = await ReplayFleet.start(stores, events, { speed: durationOf(events) / replayMs, ...options });
  return { storeCount: stores.length, stop: () => fleet.stop() };
}

/** From the first event to the last, ms of the file's own time; never 0. */
function durationOf(events: readonly ReplayEvent[]): number {
  return Math.max(1, (events.at(-1)?.atMs ?? 0) - (events[0]?.atMs ?? 0));
}

async function prepare(
  chain: readonly ChainStore[],
  { hqUrl, adminTokenFile, dataDir, signal }: SimulatorOptions,
) {
  const admin = await AdminClient.fromTokenFile(hqUrl, adminTokenFile, signal);
  const tokens = new TokenFile(dataDir);
  const stores = await provision(chain, admin, tokens);
  return { admin, tokens, stores };
}

async function waitForLock(dataDir: string, signal: AbortSignal): Promise<DataDirLock> {
  const deadline = performance.now() + lockWaitMs;
  for (;;) {
    try {
      return lockDataDir(dataDir);
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await sleep(lockPollMs, undefined, { signal });
    }
  }
}
