import { initialEntities } from '@hq-sync/protocol/entity';
import { defaultHeartbeatIntervalMs, limits } from '@hq-sync/protocol/limits';
import type { Heartbeat } from '@hq-sync/protocol/store-message';
import type { DayTotals } from './day-totals.js';
import { agentLimits } from './limits.js';
import type { OfflineQueue } from './offline-queue.js';
import type { OpenRegisters } from './open-registers.js';
import type { PullLoop } from './pull-loop.js';
import type { PushLoop } from './push-loop.js';
import type { StoreState } from './store-state.js';

export interface HeartbeatSources {
  clock: () => Date;
  queue: OfflineQueue;
  push: PushLoop;
  pull: PullLoop;
  registers: OpenRegisters;
  totals: DayTotals;
  state: StoreState;
}

/** What the store says of itself just now. */
export function heartbeatOf(sources: HeartbeatSources): Heartbeat {
  const { clock, queue, push, pull, registers, totals, state } = sources;
  const always = initialEntities.filter(({ direction }) => direction === 'push').map(({ name }) => name);
  const entities = [...new Set([...always, ...queue.pendingEntities()])];
  const queues = [...entities.map((entity) => push.status(entity)), ...pull.waiting()];
  return {
    type: 'heartbeat',
    clock: clock().toISOString(),
    openRegisters: registers.all(),
    lastSaleAt: state.get('lastSaleAt'),
    queues: queues.slice(0, limits.maxQueues),
    days: totals.recent(),
    disk: queue.diskUse(),
    withheldRecords: queue.withheldRecords,
  };
}

/** When heartbeats go out: regularly while connected, and soon after something that HQ should see at once. */
export class HeartbeatTimer {
  private interval: NodeJS.Timeout | undefined;
  private trailing: NodeJS.Timeout | undefined;
  private lastMs = -Infinity;
  private muted = false;

  constructor(private readonly beat: () => void) {}

  /** A welcome came: beat at once, then every `intervalMs`. */
  start(intervalMs: number = defaultHeartbeatIntervalMs): void {
    this.stop();
    this.interval = setInterval(() => this.send(), Math.max(intervalMs, agentLimits.minHeartbeatIntervalMs));
    this.send();
  }

  /** Beats now, or as soon as `minHeartbeatSpacingMs` have passed since the last one. */
  soon(): void {
    if (this.interval === undefined || this.trailing !== undefined) return;
    const waitMs = this.lastMs + limits.minHeartbeatSpacingMs - performance.now();
    if (waitMs <= 0) this.send();
    else this.trailing = setTimeout(() => this.send(), waitMs);
  }

  stop(): void {
    clearInterval(this.interval);
    clearTimeout(this.trailing);
    this.interval = undefined;
    this.trailing = undefined;
  }

  mute(muted: boolean): void {
    this.muted = muted;
    if (!muted) this.soon();
  }

  private send(): void {
    clearTimeout(this.trailing);
    this.trailing = undefined;
    this.lastMs = performance.now();
    if (!this.muted) this.beat();
  }
}
