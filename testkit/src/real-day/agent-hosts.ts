import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { HostConfig, HostMessage, HostProgress } from '@hq-sync/simulator/agent-host';
import { storeDir } from '@hq-sync/simulator/fleet';
import { eventually } from '../eventually.js';
import { KeptAlive } from '../kept-alive.js';

const program = new URL('../../../simulator/dist/agent-host-main.js', import.meta.url);

/** A process with the agents of some stores, which comes back when it is killed. */
export class AgentHost {
  readonly process: KeptAlive;
  private latest: HostProgress | undefined;
  /** Of the processes that were killed. */
  private earlierRetries = 0;
  private saidDone = false;

  private constructor(
    public config: HostConfig,
    readonly file: string,
  ) {
    this.process = new KeptAlive(program, [file], {
      onMessage: (message) => {
        const said = message as HostMessage;
        if (said.type === 'progress') this.latest = said;
        else this.saidDone = true;
      },
      onExit: () => {
        this.earlierRetries += this.latest?.counters.retries ?? 0;
        this.latest = undefined;
        this.saidDone = false;
      },
    });
  }

  /** Keeps the configuration, with its tokens, in `folder` under this name. */
  static async start(folder: string, name: string, config: HostConfig): Promise<AgentHost> {
    const file = path.join(folder, `${name}.json`);
    await keepConfig(file, config);
    return new AgentHost(config, file);
  }

  /** Stops it and starts it again with another configuration of the same stores. */
  async restart(config: HostConfig): Promise<void> {
    await this.process.stop();
    await keepConfig(this.file, config);
    this.config = config;
    this.process.up();
  }

  /** Everything is replayed and nothing waits to be pushed. */
  get done(): boolean {
    return this.saidDone;
  }

  /** Batches sent again. */
  get retries(): number {
    return this.earlierRetries + (this.latest?.counters.retries ?? 0);
  }

  hasToken(token: string): boolean {
    return this.config.stores.some((store) => store.token === token);
  }

  /** Where a store's agent keeps its queue and its copy. */
  dataDir(storeId: string): string {
    return storeDir(this.config.dataDir, storeId);
  }

  /** Kills it, and keeps it down until `process.up`. Resolves when it has ended. */
  async down(): Promise<void> {
    this.process.down();
    await eventually(
      'a host has ended',
      () => this.process.kill(),
      (running) => !running,
    );
  }
}

/** With its tokens: for its owner alone. */
const keepConfig = (file: string, config: HostConfig): Promise<void> =>
  writeFile(file, JSON.stringify(config), { mode: 0o600 });
