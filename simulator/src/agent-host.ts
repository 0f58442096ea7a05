import { StoreAgent, type AgentOptions, type AgentStatus } from '@hq-sync/store-agent/agent';
import { setTimeout as sleep } from 'node:timers/promises';
import { pino, type Logger } from 'pino';
import { storeDir } from './fleet.js';
import { readReplay } from './replay-file.js';
import { eventsByStore, replayEvents, type ReplayStore } from './replay.js';
import { ReplayPlayer, startTogether } from './replay-player.js';

/** A killed host's lock on a store's directory is free once the kernel has closed its files. */
const lockWaitMs = 10_000;
const lockPollMs = 100;
const reportIntervalMs = 250;

export interface HostConfig {
  hqUrl: string;
  /** Each store has a folder of its own below. */
  dataDir: string;
  stores: (ReplayStore & { token: string; dayCutover?: string })[];
  batchLimits?: AgentOptions['batchLimits'];
  /** Of which every store keeps a copy; empty: none pulls. */
  pullEntities?: AgentOptions['pullEntities'];
  maxPullRecords?: AgentOptions['maxPullRecords'];
  replay?: {
    file: string;
    seed: string;
    /** Multiple of the file's own time; absent: as fast as the stores take them. */
    speed?: number;
  };
  logLevel?: string;
}

export interface HostProgress {
  type: 'progress';
  /** Events that are durable in the queues, those of earlier runs included. */
  enqueued: number;
  /** Records that wait to be pushed. */
  pending: number;
  /** Of all agents, since this process started. */
  counters: AgentStatus['counters'];
}

/** All events are enqueued and nothing waits any more. Said once. */
export interface HostReplayed {
  type: 'replayed';
  enqueued: number;
}

export type HostMessage = HostProgress | HostReplayed;

/** What a test has one of the stores do. */
export type HostOrder = { readonly storeId: string } & (
  | { readonly order: 'set_token'; readonly token: string }
  | { readonly order: 'open_register'; readonly terminalId: string }
  | { readonly order: 'stop_heartbeats' | 'resume_heartbeats' }
);

/**
 * Several store servers in one process that may be killed at any moment and started again with the same
 * configuration: nothing is lost, nothing counts twice.
 */
export class AgentHost {
  private readonly timer: NodeJS.Timeout;
  private saidReplayed = false;

  static async start(config: HostConfig, report: (message: HostMessage) => void): Promise<AgentHost> {
    const log = pino({ level: config.logLevel ?? 'warn' });
    const agents = new Map<string, StoreAgent>();
    for (const store of config.stores) agents.set(store.storeId, await startAgent(config, store, log));
    return new AgentHost(agents, await startPlayers(config, agents), report);
  }

  private constructor(
    private readonly agents: ReadonlyMap<string, StoreAgent>,
    private readonly players: readonly ReplayPlayer[],
    private readonly send: (message: HostMessage) => void,
  ) {
    this.timer = setInterval(() => this.report(), reportIntervalMs);
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    for (const player of this.players) player.stop();
    await Promise.all([...this.agents.values()].map((agent) => agent.stop()));
  }

  /** Throws when the store is not one of this host's. */
  obey(order: HostOrder): void {
    const agent = this.agents.get(order.storeId);
    if (agent === undefined) throw new Error(`no store ${order.storeId} in this host`);
    switch (order.order) {
      case 'set_token':
        return agent.setToken(order.token);
      case 'open_register':
        return agent.openRegister({ terminalId: order.terminalId, openedAt: new Date().toISOString() });
      case 'stop_heartbeats':
        return agent.faults.stopHeartbeats();
      case 'resume_heartbeats':
        return agent.faults.resumeHeartbeats();
    }
  }

  private report(): void {
    const statuses = [...this.agents.values()].map((agent) => agent.status());
    const enqueued = this.players.reduce((sum, player) => sum + player.written, 0);
    const pending = statuses.reduce((sum, status) => sum + status.pendingRecords, 0);
    this.send({
      type: 'progress',
      enqueued,
      pending,
      counters: sumOf(statuses.map((status) => status.counters)),
    });
    if (this.saidReplayed || pending > 0 || !this.players.every((player) => player.done)) return;
    this.saidReplayed = true;
    this.send({ type: 'replayed', enqueued });
  }
}

async function startAgent(
  config: HostConfig,
  store: HostConfig['stores'][number],
  log: Logger,
): Promise<StoreAgent> {
  const { storeId, token, timezone, dayCutover } = store;
  const deadline = performance.now() + lockWaitMs;
  for (;;) {
    try {
      return await StoreAgent.start({
        hqUrl: config.hqUrl,
        storeId,
        token,
        timezone,
        log,
        dataDir: storeDir(config.dataDir, storeId),
        intake: null,
        ...(dayCutover === undefined ? {} : { dayCutover }),
        ...(config.batchLimits === undefined ? {} : { batchLimits: config.batchLimits }),
        ...(config.pullEntities === undefined ? {} : { pullEntities: config.pullEntities }),
        ...(config.maxPullRecords === undefined ? {} : { maxPullRecords: config.maxPullRecords }),
      });
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await sleep(lockPollMs);
    }
  }
}

async function startPlayers(
  config: HostConfig,
  agents: ReadonlyMap<string, StoreAgent>,
): Promise<ReplayPlayer[]> {
  const { replay, stores, dataDir } = config;
  if (replay === undefined) return [];
  const mine = new Set(stores.map(({ storeId }) => storeId));
  const { sales } = await readReplay(replay.file);
  const ofMine = sales.filter(({ storeId }) => mine.has(storeId));
  const events = replayEvents(ofMine, stores, replay.seed);
  const players = [...eventsByStore(events)].map(([storeId, some]) => {
    const agent = agents.get(storeId) as StoreAgent;
    const options = { dataDir: storeDir(dataDir, storeId), speed: replay.speed ?? Infinity };
    return new ReplayPlayer(some, { ...options, agent: () => agent });
  });
  startTogether(players, events[0]?.atMs ?? 0);
  return players;
}

function sumOf(all: readonly AgentStatus['counters'][]): AgentStatus['counters'] {
  const sum = {
    batches: 0,
    retries: 0,
    accepted: 0,
    duplicates: 0,
    replaced: 0,
    quarantined: 0,
    connects: 0,
  };
  for (const counters of all) {
    for (const name of Object.keys(sum) as (keyof typeof sum)[]) sum[name] += counters[name];
  }
  return sum;
}
