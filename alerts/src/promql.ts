const units = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
  ['ms', 1],
] as const;

/** Seconds as Prometheus and Alertmanager write them: 5400 is 1h30m. Whole milliseconds. */
export function duration(seconds: number): string {
  let rest = Math.round(seconds * 1_000);
  let text = '';
  for (const [unit, ms] of units) {
    const count = Math.floor(rest / ms);
    rest -= count * ms;
    if (count > 0) text += `${count}${unit}`;
  }
  return text || '0s';
}

/** Seconds as a person says them. */
export function spoken(seconds: number): string {
  const [count, unit] =
    seconds >= 172_800
      ? [seconds / 86_400, 'day']
      : seconds >= 3_600
        ? [seconds / 3_600, 'hour']
        : seconds >= 60
          ? [seconds / 60, 'minute']
          : [seconds, 'second'];
  const rounded = Number(count.toFixed(1));
  return `${rounded} ${unit}${rounded === 1 ? '' : 's'}`;
}

/** A share of 1 as a percentage. */
export function percent(share: number): string {
  return `${Number((share * 100).toFixed(2))} %`;
}

/**
 * 1 for each store, with its region and name, to be joined with what is known of it. After a change of these while
 * Prometheus was away it has both for 5 minutes, and a join that meets two fails as a whole.
 */
export const storePlaces = 'topk by (store_id) (1, max by (store_id, region, name) (hq_store_info))';
