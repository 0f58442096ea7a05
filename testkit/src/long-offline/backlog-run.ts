import type { Line } from '@hq-sync/simulator/line/line';
import { dayDifferences, heldDaysSql, type StoreDay } from '../day-figures.js';
import { eventually } from '../eventually.js';
import type { Stage } from '../red-green/stage.js';
import type { LineRecorder } from '../thin-line/line-recorder.js';
import type { AgentProcess } from './agent-process.js';
import type { Inspector } from './inspector.js';
import type { MemoryRecorder } from './memory-recorder.js';
import { daysOf, recordsOf, type Trade } from './trade.js';

/** Often enough for a time in seconds, rare enough to cost the agent nothing. */
const pushPollMs = 250;
const pushDeadlineMs = 1_800_000;

export type Program = 'agent' | 'collector';

interface SoldReport {
  readonly dates: number;
  readonly records: number;
  /** Until the store server had acknowledged all of it. */
  readonly seconds: number;
  readonly heldBytes: Readonly<Record<Program, number>>;
}

interface PushedReport {
  /** From HQ's return until the queue was empty. */
  readonly seconds: number;
  readonly pushBytes: number;
  readonly socketBytes: number;
  readonly bytesToStore: number;
  /** Committed ones, as HQ's sync log has them. */
  readonly batches: number;
  readonly largestBatchBytes: number;
  readonly batchesTooLarge: number;
  /** E.g. `body_timeout 1`. */
  readonly otherFailures: readonly string[];
  /** The programs that ended and were started again, unasked. */
  readonly restarts: number;
  readonly heldBytes: Readonly<Record<Program, number>>;
}

export interface BacklogReport {
  readonly sold: SoldReport;
  readonly pushed: PushedReport;
  /** HQ against the truth, and what was left over, in words; empty when all is exact. */
  readonly differences: readonly string[];
}

interface Scene {
  readonly stage: Stage;
  readonly line: Line;
  readonly recorder: LineRecorder;
  readonly agent: AgentProcess;
  readonly memory: MemoryRecorder;
  readonly inspectors: Readonly<Record<Program, Inspector>>;
  readonly say: (line: string) => void;
}

/** What one backlog goes through: it is sold, it is pushed, HQ is compared with the truth. */
export class BacklogRun {
  constructor(
    private readonly scene: Scene,
    private readonly number: number,
    private readonly trade: Trade,
  ) {}

  /** The tills sell all of it while HQ is away. */
  async sell(recordsPerRequest: number): Promise<SoldReport> {
    const { line, agent, memory, say } = this.scene;
    const records = recordsOf(this.trade);
    line.cut();
    memory.phase = `${this.number} sold`;
    const startMs = performance.now();
    for (let first = 0; first < records.length; first += recordsPerRequest)
      await agent.take('sales', records.slice(first, first + recordsPerRequest));
    const seconds = secondsSince(startMs);
    const { pendingRecords, connected } = await agent.status();
    if (connected || pendingRecords !== records.length)
      throw new Error(`${pendingRecords} of ${records.length} records wait, connected: ${connected}`);
    say(`${pendingRecords} records wait after ${seconds.toFixed(1)} s; HQ is away`);
    const heldBytes = await this.heldBytes();
    return { dates: this.trade.perDay.size, records: records.length, seconds, heldBytes };
  }

  /** HQ is back, while the store server is off when `afterRestart`: all of it goes through the line. */
  async push({ afterRestart }: { afterRestart: boolean }): Promise<PushedReport> {
    const { stage, line, recorder, agent, memory, say } = this.scene;
    if (afterRestart) await agent.stop();
    const { rows } = await stage.pool.query<{ now: Date }>('select clock_timestamp() as now');
    const pids = () => [stage.collectors[0]!.process.pid, agent.pid];
    const before = { ...recorder.arrivals.bytes, toStore: recorder.bytesToStore };
    memory.phase = `${this.number} pushed`;
    const startMs = performance.now();
    line.restore();
    if (afterRestart) await agent.startAgain();
    const pidsBefore = pids();
    await eventually(
      'the queue is empty',
      () => agent.status(),
      ({ pendingRecords, connected }) => pendingRecords === 0 && connected,
      pushDeadlineMs,
      pushPollMs,
    );
    const seconds = secondsSince(startMs);
    say(`all of it is pushed after ${seconds.toFixed(1)} s`);
    return {
      seconds,
      pushBytes: recorder.arrivals.bytes.push - before.push,
      socketBytes: recorder.arrivals.bytes.socket - before.socket,
      bytesToStore: recorder.bytesToStore - before.toStore,
      restarts: pids().filter((pid, index) => pid !== pidsBefore[index]).length,
      ...(await this.syncLog(rows[0]!.now)),
      heldBytes: await this.heldBytes(),
    };
  }

  /** Every day that HQ holds against all that was sold so far, and nothing left over. */
  async differences(sold: readonly Trade[]): Promise<string[]> {
    const { pool } = this.scene.stage;
    const { rows: held } = await pool.query<StoreDay>(heldDaysSql);
    const { rows: left } = await pool.query<{ what: string; n: number }>(
      `select 'open error episodes' as what, count(*)::int as n from hq_view.error_episodes where open
       union all select 'records in quarantine', count(*)::int from hq_view.quarantined_records
       union all select 'sales too few or too many', abs(count(*) - $1)::int from hq_view.pushed_records`,
      [sold.reduce((sum, { sales }) => sum + sales.length, 0)],
    );
    const { pendingRecords, withheldRecords } = await this.scene.agent.status();
    left.push({ what: 'records at the store', n: pendingRecords + withheldRecords });
    return [
      ...dayDifferences(held, sold.flatMap(daysOf)),
      ...left.filter(({ n }) => n !== 0).map(({ what, n }) => `${n} ${what}`),
    ];
  }

  private async heldBytes(): Promise<Record<Program, number>> {
    const { agent, collector } = this.scene.inspectors;
    return { agent: await agent.heldBytes(), collector: await collector.heldBytes() };
  }

  private async syncLog(since: Date) {
    const { rows } = await this.scene.stage.pool.query<{ code: string | null; n: number; bytes: number }>(
      `select code, sum(operations)::int as n, max(bytes)::int as bytes from hq_view.sync_log
       where direction = 'push' and at >= $1 group by code order by code`,
      [since],
    );
    const committed = rows.find(({ code }) => code === null);
    const tooLarge = rows.find(({ code }) => code === 'batch_too_large');
    return {
      batches: committed?.n ?? 0,
      largestBatchBytes: committed?.bytes ?? 0,
      batchesTooLarge: tooLarge?.n ?? 0,
      otherFailures: rows
        .filter((row) => row !== committed && row !== tooLarge)
        .map(({ code, n }) => `${code} ${n}`),
    };
  }
}

function secondsSince(startMs: number): number {
  return (performance.now() - startMs) / 1_000;
}
