import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { StoreAgent } from '@hq-sync/store-agent/agent';
import type { ReplayEvent } from './replay.js';

/** Events written in one turn of the event loop at most: 50 commits are about 20 ms. */
const maxEventsPerTurn = 50;
const maxWaitMs = 1_000;
/** After an intake that failed (a full queue, a machine that is down). */
const retryMs = 1_000;

export interface PlayerOptions {
  /** Holds the position, so that it goes when the store's queue goes. */
  readonly dataDir: string;
  /** Multiple of the file's own time; Infinity: as fast as the store takes them. */
  readonly speed: number;
  readonly agent: () => StoreAgent;
}

/**
 * Writes one store's events into its agent, at their time. The position is kept after the events before it are
 * durable: after a kill some are written again, which the intake knows as duplicates, and none is left out.
 */
export class ReplayPlayer {
  private readonly key: string;
  private anchor = { realMs: 0, fileMs: 0 };
  private next: number;
  private timer: NodeJS.Timeout | undefined;
  private stopped = false;

  constructor(
    private readonly events: readonly ReplayEvent[],
    private readonly options: PlayerOptions,
  ) {
    mkdirSync(options.dataDir, { recursive: true });
    this.key = keyOf(events);
    this.next = this.readPosition();
  }

  /** Events that are durable in the store's queue, those of earlier runs included. */
  get written(): number {
    return this.next;
  }

  /** When the newest of them was, ms of the file's own time; -Infinity when there is none. */
  get writtenUpToMs(): number {
    return this.events[this.next - 1]?.atMs ?? -Infinity;
  }

  get done(): boolean {
    return this.next >= this.events.length;
  }

  /** `fileMs` is the time of the file at which it goes on; events before it are due at once. */
  start(fileMs: number): void {
    this.anchor = { realMs: performance.now(), fileMs };
    this.timer = setTimeout(() => this.turn(), 0);
  }

  stop(): void {
    this.stopped = true;
    clearTimeout(this.timer);
  }

  private turn(): void {
    let waitMs = retryMs;
    try {
      waitMs = this.writeDue();
    } catch {
      // The POS keeps what it could not write and tries again.
    }
    if (!this.stopped && !this.done) this.timer = setTimeout(() => this.turn(), waitMs);
  }

  /** Returns how long to wait for the next event, ms. */
  private writeDue(): number {
    const { speed, agent } = this.options;
    const before = this.next;
    try {
      while (!this.done && this.next - before < maxEventsPerTurn && this.dueInMs() <= 0) {
        const { entity, record } = this.events[this.next] as ReplayEvent;
        agent().enqueue(entity, record);
        this.next += 1;
      }
    } finally {
      if (this.next > before) this.writePosition();
    }
    return this.done || speed === Infinity ? 0 : Math.min(maxWaitMs, Math.max(0, this.dueInMs()));
  }

  private dueInMs(): number {
    const { speed } = this.options;
    const event = this.events[this.next];
    if (event === undefined || speed === Infinity) return 0;
    return (event.atMs - this.anchor.fileMs) / speed - (performance.now() - this.anchor.realMs);
  }

  private get file(): string {
    return join(this.options.dataDir, 'replay-position.json');
  }

  private readPosition(): number {
    try {
      const { key, next } = JSON.parse(readFileSync(this.file, 'utf8')) as { key: string; next: number };
      return key === this.key ? next : 0;
    } catch {
      return 0; // written again from the start: duplicates, no loss
    }
  }

  private writePosition(): void {
    writeFileSync(`${this.file}.new`, JSON.stringify({ key: this.key, next: this.next }));
    renameSync(`${this.file}.new`, this.file);
  }
}

/** Starts the players of one file on one clock: at its first event, or where the one that got farthest had stopped. */
export function startTogether(players: readonly ReplayPlayer[], firstEventMs: number): void {
  const fileMs = Math.max(firstEventMs, ...players.map((player) => player.writtenUpToMs));
  for (const player of players) player.start(fileMs);
}

/** Another file, or another seed, is another replay. */
function keyOf(events: readonly ReplayEvent[]): string {
  const hash = createHash('sha256');
  for (const { record } of events) hash.update(`${record.id}/${record.revision}\n`);
  return hash.digest('hex').slice(0, 32);
}
