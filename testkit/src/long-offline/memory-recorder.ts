import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** Only Linux says what memory another process has without a program to ask. */
export const memoryIsReadable = existsSync('/proc/self/status');

/** Something of a process that is measured in bytes; NaN while it cannot be read. */
export interface MemoryGauge {
  readonly name: string;
  read(): number | Promise<number>;
}

/** What a backlog goes through. */
export type Step = 'sold' | 'pushed';
/** A part of a run: which backlog, from 1, and what it goes through. */
export type Phase = `${number} ${Step}`;

export interface MemorySample {
  /** Since the recorder's start. */
  readonly atMs: number;
  readonly phase: Phase;
  /** In the order of the gauges. */
  readonly bytes: readonly number[];
}

/** Reads gauges again and again, and notes in which phase of a run each reading was. */
export class MemoryRecorder {
  readonly samples: MemorySample[] = [];
  private running = true;
  private readonly startMs = performance.now();
  private ended: Promise<void> = Promise.resolve();

  private constructor(
    readonly gauges: readonly MemoryGauge[],
    private readonly everyMs: number,
    public phase: Phase,
  ) {}

  static start(gauges: readonly MemoryGauge[], everyMs: number, phase: Phase): MemoryRecorder {
    const recorder = new MemoryRecorder(gauges, everyMs, phase);
    recorder.ended = recorder.record();
    return recorder;
  }

  async stop(): Promise<void> {
    this.running = false;
    await this.ended;
  }

  private async record(): Promise<void> {
    for (let dueMs = this.everyMs; this.running; dueMs += this.everyMs) {
      const { phase } = this;
      const bytes = await Promise.all(this.gauges.map((gauge) => gauge.read()));
      this.samples.push({ atMs: performance.now() - this.startMs, phase, bytes });
      await sleep(Math.max(0, this.startMs + dueMs - performance.now()));
    }
  }
}

/** Resident memory of a process; NaN when there is no such process. */
export function residentBytes(pid: number | undefined): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? NaN) * 1_024;
  } catch {
    return NaN;
  }
}
