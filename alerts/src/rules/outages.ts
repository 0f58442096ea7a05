import { percent, spoken } from '../promql.js';
import type { Thresholds } from '../thresholds.js';
import { each, headquartersAlert, type RuleGroup } from './rule.js';

/** One page where many stores share a cause. */
export function outageAlerts({ durations, limits }: Thresholds): RuleGroup {
  return {
    name: 'hq-outages',
    intervalSeconds: durations.evaluation,
    rules: [
      headquartersAlert({
        alert: 'HqMassOutage',
        severity: 'critical',
        expr: 'fleet:hq_outage:count',
        forSeconds: durations.outageFor,
        dashboard: 'hq-stores',
        summary: `{{ $value }}${each('fleet:hq_judged:count', ' of {{ .Value }}')} stores went offline together`,
        why: `more than ${percent(limits.outageShare)} of the open stores dropped within ${spoken(durations.droppedWithin)}; ${outBy('fleet')}, reasons:${sharedReasons('fleet')}. They do not page one by one.`,
        todo: "look for what they share: HQ's own line, its load balancer, DNS, a certificate, an update, a provider.",
      }),
      headquartersAlert({
        alert: 'HqRegionOutage',
        severity: 'critical',
        expr: 'region:hq_outage:count unless on () fleet:hq_outage:count',
        forSeconds: durations.outageFor,
        dashboard: 'hq-stores',
        summary: `{{ $value }} stores of region {{ $labels.region }} went offline together`,
        why: `more than ${percent(limits.regionOutageShare)} of the open stores of the region dropped within ${spoken(durations.droppedWithin)}; ${outBy('region')}, reasons:${sharedReasons('region')}. They do not page one by one.`,
        todo: "ask the region's provider; look for an update or a change that only this region had.",
      }),
      headquartersAlert({
        alert: 'HqMassSyncFailing',
        severity: 'critical',
        expr: 'fleet:hq_sync_failing:mass',
        forSeconds: durations.massSyncFailingFor,
        dashboard: 'hq-sync-errors',
        summary: '{{ $value }} connected stores fail to sync',
        why: `more than ${percent(limits.massSyncFailingShare)} of the open stores have open errors:${each('sort_desc(sum by (kind) (hq_store_sync_errors_open) > 0)', ' {{ .Labels.kind }} {{ .Value }}')}. They do not page one by one.`,
        todo: 'suspect HQ first: overload, Postgres, a proxy limit, the last release of the collector.',
      }),
      headquartersAlert({
        alert: 'HqMassSchemaMismatch',
        severity: 'warning',
        expr: 'fleet:hq_schema_mismatch:mass',
        forSeconds: durations.schemaMismatchFor,
        dashboard: 'hq-stores',
        summary: '{{ $value }} stores wait for an update: HQ does not take their schema version',
        why: `versions:${each('sort_desc(count by (agent_version, schema_version) (hq_store_info and on (store_id) store:hq_schema_mismatch:guarded))', ' {{ .Labels.agent_version }} (schema {{ .Labels.schema_version }}) {{ .Value }} stores')}. Their pushes wait, nothing is lost.`,
        todo: 'finish the wave of updates, or let HQ take the older version too (HQ_ACCEPTED_SCHEMA_VERSIONS).',
      }),
    ],
  };
}

const outBy = (level: 'fleet' | 'region') =>
  `out by region:${each(`sort_desc(count by (region) (store:hq_${level}_outage:member))`, ' {{ or .Labels.region "none" }} {{ .Value }}')}`;

const sharedReasons = (level: 'fleet' | 'region') =>
  each(
    `sort_desc(sum by (reason) (round(increase(hq_store_disconnects_total[15m])) and on (store_id) store:hq_${level}_outage:member) > 0)`,
    ' {{ .Labels.reason }} {{ .Value }}',
  );
