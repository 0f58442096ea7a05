import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { HostConfig, HostMessage, HostProgress } from '@hq-sync/simulator/agent-host';
import { storeDir } from '@hq-sync/simulator/fleet';
import { Line } from '@hq-sync/simulator/line/line';
import { fastLine, thinLine } from '@hq-sync/simulator/line/line-shape';
import type { DayFigures } from '../day-figures.js';
import { KeptAlive } from '../kept-alive.js';
import { hostProgram, type Stage } from '../red-green/stage.js';
import { fillQueue } from './backlog.js';
import { LineRecorder } from './line-recorder.js';

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
  private host: KeptAlive | undefined;

  private constructor(
    readonly storeId: string,
    readonly sales: number,
    /** By business date. */
    readonly truth: ReadonlyMap<string, DayFigures>,
    private readonly line: Line,
    readonly recorder: LineRecorder,
    private readonly stage: Stage,
    private readonly configFile: string,
  ) {}

  /** Fills the queue and lays the line; `connect` starts the store server. */
  static async prepare(stage: Stage, storeId: string, sales: number, seed: string): Promise<ThinStore> {
    const dataDir = path.join(stage.folder, 'stores');
    const truth = await fillQueue(storeDir(dataDir, storeId), sales, seed);
    const recorder = new LineRecorder();
    const { host, port } = stage.collectors[0]!.target()!;
    const line = await Line.open(`http://${host}:${port}`, { shape: thinLine, seed, watcher: recorder });
    const admin = await stage.admin();
    await admin.createStore({ storeId });
    const { token } = await admin.generateToken(storeId);
    const config: HostConfig = {
      hqUrl: line.url,
      dataDir,
      stores: [{ storeId, timezone: 'UTC', currency: 'USD', token }],
      logLevel: 'silent',
    };
    const configFile = path.join(stage.folder, `${storeId}.json`);
    await writeFile(configFile, JSON.stringify(config), { mode: 0o600 });
    return new ThinStore(storeId, sales, truth, line, recorder, stage, configFile);
  }

  connect(): void {
    this.stage.view.follow(this.storeId, ({ status, reason }, atMs) => {
      if (this.changes.length === 0 && status !== 'connected') return;
      this.changes.push({ atMs, status, reason, trace: this.recorder.trace.before(atMs) });
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
    this.line.become(fastLine);
  }

  async stop(): Promise<void> {
    await this.host?.stop();
    await this.line.close();
  }
}
