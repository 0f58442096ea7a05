import { currentSchemaVersion } from '@hq-sync/protocol/version';
import { StoreAgent, type AgentOptions } from '@hq-sync/store-agent/agent';
import { ownAgentVersion } from '@hq-sync/store-agent/agent-version';
import { mkdirSync, rmSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { Line } from './line/line.js';

/** The agent of a killed simulator holds its directory until that process has ended. */
const lockWaitMs = 30_000;
const lockPollMs = 500;

export interface ServerOptions {
  readonly hqUrl: string;
  readonly token: string;
  readonly storeId: string;
  readonly dataDir: string;
  readonly timezone: string;
  /** A relay between agent and HQ that can be cut. */
  readonly withLine: boolean;
  readonly clock?: () => Date;
  readonly log: Logger;
}

/** What an update or a configuration changes; the next start keeps it. */
export type ServerSettings = Pick<
  AgentOptions,
  'schemaVersion' | 'validate' | 'batchLimits' | 'agentVersion' | 'pullEntities'
>;

/** A store's machine: a real agent that can be switched off and on, started otherwise, cloned, or replaced. */
export class StoreServer {
  private agent: StoreAgent | null = null;
  private settings: ServerSettings = {};

  static async start(options: ServerOptions): Promise<StoreServer> {
    mkdirSync(options.dataDir, { recursive: true });
    const server = new StoreServer(options, options.withLine ? await Line.open(options.hqUrl) : null);
    await server.startAgent(lockWaitMs);
    return server;
  }

  private constructor(
    private options: ServerOptions,
    private readonly ownLine: Line | null,
  ) {}

  /** @throws Error when it was started without one. */
  get line(): Line {
    if (this.ownLine === null)
      throw new Error(`the store server of ${this.options.storeId} has no line of its own`);
    return this.ownLine;
  }

  /** False while the machine is down: the POS keeps what it has and tries again. */
  get up(): boolean {
    return this.agent !== null;
  }

  /** @throws Error when the machine is down. */
  get running(): StoreAgent {
    if (this.agent === null) throw new Error(`the store server of ${this.options.storeId} is down`);
    return this.agent;
  }

  /** Version of the records that the POS of this machine writes. */
  get schemaVersion(): number {
    return this.settings.schemaVersion ?? currentSchemaVersion;
  }

  get agentVersion(): string {
    return this.settings.agentVersion ?? ownAgentVersion;
  }

  setToken(token: string): void {
    this.options = { ...this.options, token };
    this.agent?.setToken(token);
  }

  async switchOff(): Promise<void> {
    const { agent } = this;
    this.agent = null;
    await agent?.stop();
  }

  /** `settings`: what has changed since it was switched off. */
  async switchOn(settings: ServerSettings = {}): Promise<void> {
    this.settings = { ...this.settings, ...settings };
    await this.startAgent(0);
  }

  async restart(settings: ServerSettings): Promise<void> {
    await this.switchOff();
    await this.switchOn(settings);
  }

  /**
   * A new machine with an empty disk, switched on. @throws Error when the old one still runs and has something left to
   * push: it would be lost.
   */
  async replaceMachine(): Promise<void> {
    const pendingRecords = this.agent?.status().pendingRecords ?? 0;
    if (pendingRecords > 0) throw new Error(`${pendingRecords} records wait on the old machine`);
    await this.switchOff();
    rmSync(this.diskOf(this.options.dataDir), { recursive: true, force: true });
    await this.switchOn();
  }

  /**
   * Another machine with a copy of this one's disk, and its token; `scrap` ends it. @throws Error when this one is not
   * switched off: a disk in use cannot be copied.
   */
  async startClone(): Promise<StoreServer> {
    if (this.up) throw new Error(`the store server of ${this.options.storeId} runs`);
    const options = { ...this.options, withLine: false, dataDir: join(this.options.dataDir, 'clone') };
    rmSync(options.dataDir, { recursive: true, force: true });
    await cp(this.diskOf(this.options.dataDir), this.diskOf(options.dataDir), { recursive: true });
    return StoreServer.start(options);
  }

  async stop(): Promise<void> {
    await this.switchOff();
    await this.ownLine?.close();
  }

  /** Ends it and removes its disk. */
  async scrap(): Promise<void> {
    await this.stop();
    rmSync(this.options.dataDir, { recursive: true, force: true });
  }

  private diskOf(dataDir: string): string {
    return join(dataDir, 'agent');
  }

  private async startAgent(waitMs: number): Promise<void> {
    const { hqUrl, token, storeId, timezone, clock, log, dataDir } = this.options;
    const deadline = performance.now() + waitMs;
    for (;;) {
      try {
        this.agent = await StoreAgent.start({
          hqUrl: this.ownLine?.url ?? hqUrl,
          token,
          storeId,
          timezone,
          log,
          dataDir: this.diskOf(dataDir),
          intake: null,
          ...(clock === undefined ? {} : { clock }),
          ...this.settings,
        });
        return;
      } catch (error) {
        if (performance.now() >= deadline) throw error;
        await sleep(lockPollMs);
      }
    }
  }
}
