import { usage } from './exit-code.js';

const unitSeconds: Readonly<Record<string, number>> = { m: 60, h: 3_600, d: 86_400 };

/** `90m`, `2h`, `3d`; ms. */
export function durationMs(text: string): number {
  const [, amount, unit] = /^(\d{1,5})([mhd])$/.exec(text) ?? [];
  if (amount === undefined || unit === undefined) throw usage(`${text} is no duration such as 90m, 2h or 3d`);
  return Number(amount) * unitSeconds[unit]! * 1_000;
}

/** `2026-12-24T18:00`, of this machine's zone where it has no offset; ISO 8601 with one. */
export function instant(text: string): string {
  const looksRight = /^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})?)?$/.test(text);
  // A date alone would be taken for UTC.
  const at = new Date(text.length === 10 ? `${text}T00:00` : text.replace(' ', 'T'));
  if (!looksRight || Number.isNaN(at.getTime())) throw usage(`${text} is no time such as 2026-12-24T18:00`);
  return at.toISOString();
}

/** A time, or how long ago it was. */
export function since(text: string): string {
  return /^\d+[mhd]$/.test(text) ? new Date(Date.now() - durationMs(text)).toISOString() : instant(text);
}

const weekdays = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];
type Spans = readonly (readonly [string, string])[];

/** `08:00-22:00` or `08:00-12:00,13:00-18:00`. */
export function spans(text: string): Spans {
  return text.split(',').map((span) => {
    const [, from, to] = /^(\d{2}:\d{2})-(\d{2}:\d{2})$/.exec(span.trim()) ?? [];
    if (from === undefined || to === undefined) throw usage(`${span} is no span such as 08:00-22:00`);
    return [from, to] as const;
  });
}

/** `mon-sat=08:00-22:00`: the hours of each day named. */
export function dayHours(text: string): Readonly<Record<string, Spans>> {
  const [, from = '', to = from, hours = ''] = /^([a-z]{3})(?:-([a-z]{3}))?=(.+)$/.exec(text) ?? [];
  const [first, last] = [weekdays.indexOf(from), weekdays.indexOf(to)];
  if (first < 0 || last < first) throw usage(`${text} are no hours such as mon-sat=08:00-22:00`);
  const value = spans(hours);
  return Object.fromEntries(weekdays.slice(first, last + 1).map((day) => [day, value]));
}

export const writtenSpans = (value: Spans): string =>
  value.length === 0 ? 'closed' : value.map((span) => span.join('-')).join(', ');

/** The week, days of the same hours together: `mon-fri 08:00-22:00; sat 09:00-18:00`. */
export function writtenHours(hours: Readonly<Record<string, Spans>>): string {
  const runs: { from: string; to: string; text: string }[] = [];
  for (const day of weekdays) {
    const text = writtenSpans(hours[day] ?? []);
    const last = runs.at(-1);
    if (last?.text === text) last.to = day;
    else runs.push({ from: day, to: day, text });
  }
  return runs.map(({ from, to, text }) => `${from === to ? from : `${from}-${to}`} ${text}`).join('; ');
}
