import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { HostConfig, HostMessage, HostProgress } from '@hq-sync/simulator/agent-host';
import { storeDir } from '@hq-sync/simulator/fleet';
import type { DayFigures } from '../day-figures.js';
import { KeptAlive } from '../kept-alive.js';
import { hostProgram, type Stage } from '../red-green/stage.js';
import { Arrivals } from './arrivals.js';
import { fillQueue } from './backlog.js';
import { fastLine, thinLine } from './line-shape.js';
import { ThinRelay } from './thin-relay.js';

export interface StatusChange {
  /** By `performance.now()`. */
  readonly atMs: number;
  readonly status: string;
  readonly reason: string | null;
  /** What the line did in the seconds before it. */
  readonly trace: readonly string[];
}

/** A real store server in a process of its own, behind a thin line of its own, with a backlog in its queue. */
export class ThinStore {
  /** From the first green on. */
  readonly changes: StatusChange[] = [];
  progress: HostProgress | undefined;
  /** What the line did in the seconds before the end of the longest time without a byte at HQ. */
  longestGapTrace: readonly string[] = [];
  private host: KeptAlive | undefined;

  private constructor(
    readonly storeId: string,
    readonly sales: number,
    /** By business date. */
    readonly truth: ReadonlyMap<string, DayFigures>,
    readonly relay: ThinRelay,
    readonly arrivals: Arrivals,
    private readonly stage: Stage,
    private readonly configFile: string,
  ) {}

  /** Fills the queue and lays the line; `connect` starts the store server. */
  static async prepare(stage: Stage, storeId: string, sales: number, seed: string): Promise<ThinStore> {
    const dataDir = path.join(stage.folder, 'stores');
    const truth = await fillQueue(storeDir(dataDir, storeId), sales, seed);
    const arrivals = new Arrivals();
    const relay = await ThinRelay.listen(stage.collectors[0]!.target()!, thinLine, seed);
    const admin = await stage.admin();
    await admin.createStore({ storeId });
    const { token } = await admin.generateToken(storeId);
    const config: HostConfig = {
      hqUrl: `http://127.0.0.1:${relay.port}`,
      dataDir,
      stores: [{ storeId, timezone: 'UTC', currency: 'USD', token }],
      logLevel: 'silent',
    };
    const configFile = path.join(stage.folder, `${storeId}.json`);
    await writeFile(configFile, JSON.stringify(config), { mode: 0o600 });
    return new ThinStore(storeId, sales, truth, relay, arrivals, stage, configFile);
  }

  connect(): void {
    this.relay.onArrival = (arrival) => {
      const longestMs = this.arrivals.longestGapMs;
      this.arrivals.add(arrival);
      if (this.arrivals.longestGapMs > longestMs)
        this.longestGapTrace = this.relay.trace.before(arrival.atMs);
    };
    this.stage.view.follow(this.storeId, ({ status, reason }, atMs) => {
      if (this.changes.length === 0 && status !== 'connected') return;
      this.changes.push({ atMs, status, reason, trace: this.relay.trace.before(atMs) });
    });
    this.host = new KeptAlive(hostProgram, [this.configFile], {
      onMessage: (message) => {
        const said = message as HostMessage;
        if (said.type === 'progress') this.progress = said;
      },
    });
  }

  get hasPushedAll(): boolean {
    return this.progress?.pending === 0;
  }

  widenLine(): void {
    this.relay.become(fastLine);
  }

  async stop(): Promise<void> {
    await this.host?.stop();
    await this.relay.close();
  }
}
