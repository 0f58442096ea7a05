/** Figures, times and sizes as a person reads them. */

const units = [
  ['GB', 1e9],
  ['MB', 1e6],
  ['kB', 1e3],
] as const;

export function bytes(count: number): string {
  for (const [unit, size] of units)
    if (count >= size) return `${(count / size).toLocaleString('en', { maximumFractionDigits: 1 })} ${unit}`;
  return `${count} bytes`;
}

export const count = (value: number, one: string, many = `${one}s`): string =>
  `${value.toLocaleString('en')} ${value === 1 ? one : many}`;

export function duration(seconds: number): string {
  if (seconds < 90) return `${Math.max(1, Math.round(seconds))} s`;
  if (seconds < 90 * 60) return `${Math.round(seconds / 60)} min`;
  if (seconds < 48 * 3_600) return `${Math.round(seconds / 3_600)} h`;
  return `${Math.round(seconds / 86_400)} days`;
}

/** `5 min ago`, `in 3 h`. */
export function ago(instant: string): string {
  const seconds = (Date.now() - Date.parse(instant)) / 1_000;
  if (Math.abs(seconds) < 2) return 'now';
  return seconds > 0 ? `${duration(seconds)} ago` : `in ${duration(-seconds)}`;
}

/** In the browser's time zone, which it names. */
export const moment = (instant: string): string =>
  new Date(instant).toLocaleString('en-GB', {
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    timeZoneName: 'short',
  });

export const spaced = (code: string): string => code.replaceAll('_', ' ');
