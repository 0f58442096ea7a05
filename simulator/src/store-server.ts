import { currentSchemaVersion } from '@hq-sync/protocol/version';
import { StoreAgent, type AgentOptions, type RecordInput } from '@hq-sync/store-agent/agent';
import { mkdirSync, rmSync } from 'node:fs';
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
  readonly log: Logger;
}

/** What an update or a configuration changes; the next start keeps it. */
export type ServerSettings = Pick<
  AgentOptions,
  'schemaVersion' | 'validate' | 'batchLimits' | 'agentVersion' | 'pullEntities'
>;

/** A store's machine: a real agent that can be stopped, started otherwise, or replaced by a new machine. */
export class StoreServer {
  readonly line: Line | null;
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
    line: Line | null,
  ) {
    this.line = line;
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

  setToken(token: string): void {
    this.options = { ...this.options, token };
    this.agent?.setToken(token);
  }

  async restart(settings: ServerSettings): Promise<void> {
    await this.stopAgent();
    this.settings = { ...this.settings, ...settings };
    await this.startAgent(0);
  }

  /**
   * A new machine with an empty database, into which the POS writes what it still has before HQ is reached. The old
   * one must have nothing left to push.
   */
  async replaceMachine(entity: string, records: readonly RecordInput[]): Promise<void> {
    const { pendingRecords } = this.running.status();
    if (pendingRecords > 0) throw new Error(`${pendingRecords} records wait on the old machine`);
    await this.stopAgent();
    rmSync(this.queueDir, { recursive: true, force: true });
    await this.startAgent(0);
    // In the same turn of the event loop: the first batch is made before HQ's welcome has said HQ's limits.
    this.running.enqueueAll(entity, records);
  }

  async stop(): Promise<void> {
    await this.stopAgent();
    await this.line?.close();
  }

  private get queueDir(): string {
    return join(this.options.dataDir, 'agent');
  }

  private async stopAgent(): Promise<void> {
    const { agent } = this;
    this.agent = null;
    await agent?.stop();
  }

  private async startAgent(waitMs: number): Promise<void> {
    const { hqUrl, token, storeId, timezone, log } = this.options;
    const deadline = performance.now() + waitMs;
    for (;;) {
      try {
        this.agent = await StoreAgent.start({
          hqUrl: this.line?.url ?? hqUrl,
          token,
          storeId,
          timezone,
          log,
          dataDir: this.queueDir,
          intake: null,
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
