import type { Logger } from 'pino';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { DayTotals } from './day-totals.js';
import { agentLimits } from './limits.js';
import type { OfflineQueue } from './offline-queue.js';
import type { QueueDatabase } from './queue-database.js';
import type { StoreCalendar } from './store-calendar.js';
import type { StoreState } from './store-state.js';

/**
 * What the queue needs now and then, in steps of a few milliseconds with the event loop free between them. Each step
 * is a transaction that also notes how far it came, so that a crash resumes there.
 */
export class QueueMaintenance {
  private readonly timer: NodeJS.Timeout;
  private running = false;
  private again = false;
  private stopped = false;

  constructor(
    private readonly parts: {
      database: QueueDatabase;
      queue: OfflineQueue;
      state: StoreState;
      calendar: StoreCalendar;
      totals: DayTotals;
      log: Logger;
      /** Records became pending by themselves. */
      onPending: () => void;
    },
  ) {
    this.timer = setInterval(() => this.run(), agentLimits.maintenanceIntervalMs);
  }

  /** Starts a round, or another one after the round that runs. */
  run(): void {
    this.again = true;
    if (this.running || this.stopped) return;
    this.running = true;
    // a failed round leaves its work to the next one
    void this.rounds()
      .catch((error: unknown) => this.parts.log.error({ err: error }, 'queue maintenance failed'))
      .finally(() => (this.running = false));
  }

  stop(): void {
    this.stopped = true;
    clearInterval(this.timer);
  }

  private async rounds(): Promise<void> {
    while (this.again && !this.stopped) {
      this.again = false;
      for (const step of [this.pushAgain, this.dateRecords, this.dateSales, this.forgetSales, this.purge]) {
        while (!this.stopped && this.parts.database.transaction(() => step.call(this))) await nextTurn();
      }
    }
  }

  private pushAgain(): boolean {
    const { state, queue, onPending } = this.parts;
    const walk = state.get('pushingAgain');
    if (walk === null) return false;
    const last = queue.pushAgain(walk.after, walk.end, agentLimits.maintenanceStepRows);
    if (last === null) state.clear('pushingAgain');
    else state.set('pushingAgain', { after: last, end: walk.end });
    if (last !== null) onPending();
    return last !== null;
  }

  private dateRecords(): boolean {
    const { state, queue, calendar } = this.parts;
    const walk = state.get('dating');
    if (walk === null || !calendar.known) return false;
    const last = queue.dateSome(walk.after, agentLimits.maintenanceStepRows);
    if (last === null) state.clear('dating');
    else state.set('dating', { after: last });
    return last !== null;
  }

  private dateSales(): boolean {
    const { calendar, totals } = this.parts;
    return calendar.known && totals.dateSome(agentLimits.maintenanceStepRows) > 0;
  }

  private forgetSales(): boolean {
    return this.parts.totals.forgetSome(agentLimits.maintenanceStepRows) === agentLimits.maintenanceStepRows;
  }

  private purge(): boolean {
    const beforeMs = Date.now() - agentLimits.keepSettledMs;
    return (
      this.parts.queue.purgeSettled(agentLimits.maintenanceStepRows, beforeMs) ===
      agentLimits.maintenanceStepRows
    );
  }
}
