import type { Logger } from 'pino';
import { storeDir, type FleetStore } from './fleet.js';
import { ReplayPlayer, startTogether } from './replay-player.js';
import { eventsByStore, type ReplayEvent } from './replay.js';
import { StoreServer } from './store-server.js';

export interface ReplayFleetOptions {
  readonly hqUrl: string;
  readonly dataDir: string;
  /** Multiple of the file's own time. */
  readonly speed: number;
  readonly log: Logger;
}

/** Stores that say again what real tills have said, each through an agent of its own. */
export class ReplayFleet {
  private constructor(
    private readonly servers: readonly StoreServer[],
    private readonly players: readonly ReplayPlayer[],
  ) {}

  static async start(
    stores: readonly FleetStore[],
    events: readonly ReplayEvent[],
    { hqUrl, dataDir, speed, log }: ReplayFleetOptions,
  ): Promise<ReplayFleet> {
    const byStore = eventsByStore(events);
    const servers: StoreServer[] = [];
    const players: ReplayPlayer[] = [];
    try {
      for (const { storeId, token, timezone } of stores) {
        const directory = storeDir(dataDir, storeId);
        const server = await StoreServer.start({
          hqUrl,
          token,
          storeId,
          timezone,
          log,
          dataDir: directory,
          withLine: false,
        });
        servers.push(server);
        const options = { dataDir: directory, speed, agent: () => server.running };
        players.push(new ReplayPlayer(byStore.get(storeId) ?? [], options));
      }
    } catch (error) {
      await Promise.all(servers.map((server) => server.stop()));
      throw error;
    }
    startTogether(players, events[0]?.atMs ?? 0);
    return new ReplayFleet(servers, players);
  }

  async stop(): Promise<void> {
    for (const player of this.players) player.stop();
    await Promise.all(this.servers.map((server) => server.stop()));
  }
}
