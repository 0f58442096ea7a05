import { businessDateOf, datesBack } from './business-date.js';
import type { StoreState } from './store-state.js';

/** The store's own days: by HQ's settings once it has said them, before that by the agent's own options. */
export class StoreCalendar {
  constructor(
    private readonly state: StoreState,
    private readonly clock: () => Date,
    private readonly own: { timezone?: string; dayCutover?: string },
  ) {}

  get known(): boolean {
    return this.dateOf(this.clock().getTime()) !== null;
  }

  /** Null while no timezone is known. */
  dateOf(instantMs: number): string | null {
    const settings = this.state.get('settings');
    const timezone = settings?.timezone ?? this.own.timezone;
    if (timezone === undefined || !Number.isFinite(instantMs)) return null;
    return businessDateOf(instantMs, timezone, settings?.dayCutover ?? this.own.dayCutover ?? '00:00');
  }

  /** Today and the business dates before it, newest first; empty while no timezone is known. */
  recent(count: number): string[] {
    const today = this.dateOf(this.clock().getTime());
    return today === null ? [] : datesBack(today, count);
  }
}
