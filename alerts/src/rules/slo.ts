import { duration, percent, spoken } from '../promql.js';
import type { Durations, Thresholds } from '../thresholds.js';
import { headquartersAlert, type RuleGroup } from './rule.js';

const windows = (durations: Durations) => [
  ...new Set([
    durations.fastBurnShort,
    durations.burnShort,
    durations.fastBurnLong,
    durations.burnLong,
    durations.slowBurnLong,
  ]),
];
const ratio = (seconds: number) => `fleet:hq_unsynced:ratio_${duration(seconds)}`;

const fastBurn = 'fleet:hq_slo:fast_burn';

/** Expected store-minutes that were not synced, as a share, over each window. */
export function sloRecordings({ durations }: Thresholds): RuleGroup {
  return {
    name: 'hq-slo-ratios',
    intervalSeconds: durations.sloEvaluation,
    rules: [...windows(durations), durations.sloPeriod].map((seconds) => ({
      record: ratio(seconds),
      expr: `
        sum_over_time(fleet:hq_unsynced:count[${duration(seconds)}])
        / sum_over_time(fleet:hq_judged:count[${duration(seconds)}])`,
    })),
  };
}

/** Burn rates over two windows each: the long one says that it matters, the short one that it still happens. */
export function sloAlerts({ durations, limits }: Thresholds): RuleGroup {
  const budget = 1 - limits.sloObjective;
  const burns = (rate: number, long: number, short: number) => {
    const bound = Number((rate * budget).toPrecision(6));
    return `(${ratio(long)} > ${bound} and on () ${ratio(short)} > ${bound})`;
  };
  // An outage has a page of its own and leaves a burnt hour behind it.
  const alone = `
          and on () fleet:hq_unsynced:count >= ${limits.sloStores}
          unless on () max_over_time(fleet:hq_outage:count[${duration(durations.fastBurnLong)}])
          unless on () count(count_over_time(region:hq_outage:count[${duration(durations.fastBurnLong)}]))`;
  const objective = `${percent(limits.sloObjective)} of expected store-minutes synced over ${spoken(durations.sloPeriod)}`;
  const worst = 'Now{{ range query "fleet:hq_unsynced:count" }} {{ .Value }}{{ end }} stores are not synced.';
  return {
    name: 'hq-slo',
    intervalSeconds: durations.sloEvaluation,
    rules: [
      {
        record: fastBurn,
        expr: `
          (
            ${burns(limits.fastBurnRate, durations.fastBurnLong, durations.fastBurnShort)}
            or ${burns(limits.burnRate, durations.burnLong, durations.burnShort)}
          )${alone}`,
      },
      headquartersAlert({
        alert: 'HqSloFastBurn',
        severity: 'critical',
        expr: fastBurn,
        forSeconds: durations.fastBurnFor,
        dashboard: 'hq-stores',
        summary: '{{ humanizePercentage $value }} of expected store-minutes were not synced',
        why: `at this pace the budget of "${objective}" is gone in days. ${worst}`,
        todo: 'sort the stores by what they have in common: region, version, reason.',
      }),
      headquartersAlert({
        alert: 'HqSloSlowBurn',
        severity: 'warning',
        expr: `
          ${burns(limits.slowBurnRate, durations.slowBurnLong, durations.slowBurnShort)}${alone}
          unless on () ${fastBurn}`,
        forSeconds: durations.slowBurnFor,
        dashboard: 'hq-stores',
        summary: 'The objective of synced store-minutes is being missed, slowly',
        why: `{{ humanizePercentage $value }} were not synced in ${spoken(durations.slowBurnLong)}; the objective is ${objective}. ${worst}`,
        todo: 'find the stores that are out again and again, and mend their lines.',
      }),
    ],
  };
}
