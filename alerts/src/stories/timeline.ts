/** A value at each step of a story; null: no sample. */
export type Timeline = (number | null)[];

/** Scrapes and evaluations in stories: four times the interval in production, for a quarter of the time of promtool. */
export const stepSeconds = 60;

/** Minutes, from inclusive, to exclusive; without an end, to the end of the story. */
export type Span = readonly [from: number, to?: number];

export const stepOf = (minute: number): number => Math.round((minute * 60) / stepSeconds);

/**
 * Samples in promtool's short notation. Where a series ends, Prometheus writes a stale marker: without one, its last
 * value would count for 5 more minutes.
 */
export function promtoolValues(timeline: Timeline): string {
  const parts: string[] = [];
  for (let at = 0; at < timeline.length;) {
    const first = timeline[at]!;
    let end = at + 1;
    if (first === null) {
      while (end < timeline.length && timeline[end] === null) end++;
      if (at > 0) parts.push('stale');
      const gaps = end - at - (at > 0 ? 1 : 0);
      if (gaps > 0) parts.push(`_x${gaps}`);
    } else {
      const step = (timeline[end] ?? first) - first;
      while (end < timeline.length && timeline[end] !== null && timeline[end] === first + step * (end - at))
        end++;
      parts.push(
        end - at === 1 ? `${first}` : `${first}${step < 0 ? '-' : '+'}${Math.abs(step)}x${end - at - 1}`,
      );
    }
    at = end;
  }
  return parts.join(' ');
}
