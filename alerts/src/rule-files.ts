import { duration } from './promql.js';
import { fleetRules } from './rules/fleet.js';
import { headquartersRules } from './rules/headquarters.js';
import { monitoringRules } from './rules/monitoring.js';
import { outageAlerts } from './rules/outages.js';
import type { AlertRule, RecordingRule, RuleGroup } from './rules/rule.js';
import { sloAlerts, sloRecordings } from './rules/slo.js';
import { storeRules } from './rules/stores.js';
import { syncRules } from './rules/sync.js';
import { tokenRules } from './rules/tokens.js';
import type { Thresholds } from './thresholds.js';

/** Rule groups by the file they are in. Groups that record for others come first. */
export function ruleFiles(thresholds: Thresholds): Readonly<Record<string, readonly RuleGroup[]>> {
  return {
    'fleet.yml': [fleetRules(thresholds)],
    'headquarters.yml': [headquartersRules(thresholds)],
    'monitoring.yml': [monitoringRules(thresholds)],
    'outages.yml': [outageAlerts(thresholds)],
    'slo.yml': [sloRecordings(thresholds), sloAlerts(thresholds)],
    'stores.yml': [storeRules(thresholds), syncRules(thresholds), tokenRules(thresholds)],
  };
}

/** Every rule of a kind, in the order of the files. */
export function allRules(thresholds: Thresholds): (RecordingRule | AlertRule)[] {
  return Object.values(ruleFiles(thresholds)).flatMap((groups) => groups.flatMap(({ rules }) => rules));
}

export function allAlerts(thresholds: Thresholds): AlertRule[] {
  return allRules(thresholds).filter((rule) => 'alert' in rule);
}

/** What Prometheus reads of a file's groups. */
export function ruleDocument(groups: readonly RuleGroup[]): object {
  return {
    groups: groups.map(({ name, intervalSeconds, rules }) => ({
      name,
      interval: duration(intervalSeconds),
      rules: rules.map((rule) => ('alert' in rule ? alertOf(rule) : { ...rule, expr: dedented(rule.expr) })),
    })),
  };
}

function alertOf({ alert, expr, forSeconds, keepFiringSeconds, labels, annotations }: AlertRule): object {
  return {
    alert,
    expr: dedented(expr),
    ...(forSeconds > 0 && { for: duration(forSeconds) }),
    ...(keepFiringSeconds !== undefined && { keep_firing_for: duration(keepFiringSeconds) }),
    labels,
    annotations,
  };
}

/** Without the indentation that the source has around it. */
function dedented(expr: string): string {
  const lines = expr.split('\n').filter((line) => line.trim() !== '');
  const indents = lines
    .slice(lines.length > 1 && /^\S/.test(expr) ? 1 : 0)
    .map((line) => /^ */.exec(line)![0].length);
  const indent = Math.min(...indents);
  return lines.map((line) => (/^\S/.test(line) ? line : line.slice(indent))).join('\n');
}
