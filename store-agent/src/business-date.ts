import { DateTime } from 'luxon';

/**
 * The business date, `YYYY-MM-DD`, of an instant (ms since 1970) in a store that changes its date at `dayCutover`
 * (`HH:MM`) of its own clock; null when the timezone is unknown here.
 *
 * The clock on the wall decides. Subtracting the cutover as a duration would be off by an hour for the hours after a
 * change to or from summer time.
 */
export function businessDateOf(instantMs: number, timezone: string, dayCutover: string): string | null {
  const local = DateTime.fromMillis(instantMs, { zone: timezone });
  if (!local.isValid) return null;
  const beforeCutover = local.toFormat('HH:mm') < dayCutover;
  return (beforeCutover ? local.minus({ days: 1 }) : local).toISODate();
}

/** `count` business dates ending with `newest`, newest first. */
export function datesBack(newest: string, count: number): string[] {
  const day = DateTime.fromISO(newest, { zone: 'utc' });
  return Array.from({ length: count }, (_, back) => day.minus({ days: back }).toFormat('yyyy-MM-dd'));
}
