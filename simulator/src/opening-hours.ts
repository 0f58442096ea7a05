import { DateTime } from 'luxon';

const weekdays = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
type Weekday = (typeof weekdays)[number];

/** Opening and closing by weekday, `HH:MM` of the store's clock; a closing at or before its opening is on the next day. */
export type OpeningHours = Partial<Record<Weekday, [string, string][]>>;

export function everyDay(opens: string, closes: string): OpeningHours {
  return Object.fromEntries(weekdays.map((day) => [day, [[opens, closes]]]));
}

/** People come before the store opens, and leave after it has closed. */
const earlyMs = 30 * 60_000;
const lateMs = 5 * 60_000;

/** Whether a store trades at an instant; null: always. Yesterday's hours count while they run past midnight. */
export function isOpen(hours: OpeningHours | null, timezone: string, at: Date): boolean {
  if (hours === null) return true;
  const local = DateTime.fromJSDate(at, { zone: timezone });
  return [0, 1].some((daysAgo) => {
    const day = local.minus({ days: daysAgo });
    const ofDay = hours[weekdays[day.weekday - 1] ?? 'mon'] ?? [];
    return ofDay.some(([opens, closes]) => {
      const from = at24(day, opens);
      const to = at24(closes <= opens ? day.plus({ days: 1 }) : day, closes);
      return local >= from && local < to;
    });
  });
}

/** Whether people are in the store; null: always. */
export function isStaffed(hours: OpeningHours | null, timezone: string, at: Date): boolean {
  return [earlyMs, 0, -lateMs].some((ms) => isOpen(hours, timezone, new Date(at.getTime() + ms)));
}

function at24(day: DateTime, time: string): DateTime {
  const [hour, minute] = time.split(':').map(Number);
  return day.set({ hour: hour ?? 0, minute: minute ?? 0, second: 0, millisecond: 0 });
}
