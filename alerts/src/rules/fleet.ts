import { duration, storePlaces } from '../promql.js';
import type { RecordingRule, RuleGroup } from './rule.js';
import type { Thresholds } from '../thresholds.js';

const byStore = (metric: string) => `max by (store_id) (${metric})`;
const connected = byStore('hq_store_connected');

/**
 * What alerts may judge. They are evaluated in this order: each sees what those above have just recorded, and what
 * those below recorded an interval ago. A series that names itself in its own expression holds on to what it was.
 */
export function fleetRules(thresholds: Thresholds): RuleGroup {
  return {
    name: 'hq-fleet',
    intervalSeconds: thresholds.durations.evaluation,
    rules: [
      ...sightRules(thresholds),
      ...outageRules(thresholds),
      guarded,
      ...failingRules(thresholds),
      ...syncedRules(thresholds),
    ],
  };
}

function sightRules({ durations, limits }: Thresholds): RecordingRule[] {
  return [
    {
      // 0: no metrics of the stores, or most of them unknown. Then nobody can say that a store is down.
      record: 'fleet:hq_sight:bool',
      expr: `
        (sum(hq_stores{status="unknown"}) / (sum(hq_stores{status!="no_server"}) > 0) <= bool ${limits.blindUnknownShare})
        or vector(0)`,
    },
    {
      // While HQ is blind, what was last known: a store that was connected before and is not afterwards has dropped.
      record: 'store:hq_connected:last',
      expr: `${connected} or on (store_id) (store:hq_connected:last and on () (fleet:hq_sight:bool == 0))`,
    },
    {
      // 1 connected, 0 disconnected. No sample: closed, in maintenance, unknown, or it has never connected.
      record: 'store:hq_connected:judged',
      expr: `
        (
          ${connected}
          and on (store_id) (${byStore('hq_store_expected_online')} == 1)
          and on (store_id) (${byStore('hq_store_connects_total')} > 0)
          and on () (fleet:hq_sight:bool == 1)
        )
        * on (store_id) group_left (region, name) ${storePlaces}`,
    },
    { record: 'fleet:hq_judged:count', expr: 'count(store:hq_connected:judged)' },
    { record: 'region:hq_judged:count', expr: 'count by (region) (store:hq_connected:judged{region!=""})' },
    {
      record: 'store:hq_dropped:recently',
      expr: `
        (store:hq_connected:judged == 0)
        and on (store_id) (max_over_time(store:hq_connected:last[${duration(durations.droppedWithin)}]) == 1)`,
    },
  ];
}

/**
 * Outages of many stores at once: who belongs to one stays in it until connected, or until most of them are back; through
 * the night too, but a store that closes before the outage is old enough to page has only gone home early.
 */
function outageRules({ durations, limits }: Thresholds): RecordingRule[] {
  const { outageShare, outageStores, regionOutageShare, regionOutageStores } = limits;
  return [
    ...outageOf({ level: 'fleet', share: outageShare, stores: outageStores }),
    ...outageOf({ level: 'region', share: regionOutageShare, stores: regionOutageStores }),
    {
      record: 'store:hq_outage:member',
      expr: 'store:hq_fleet_outage:member or on (store_id) store:hq_region_outage:member',
    },
  ];

  function outageOf({ level, share, stores }: { level: 'fleet' | 'region'; share: number; stores: number }) {
    const by = level === 'fleet' ? '' : ' by (region) ';
    const on = level === 'fleet' ? 'on ()' : 'on (region)';
    const dropped = level === 'fleet' ? 'store:hq_dropped:recently' : 'store:hq_dropped:recently{region!=""}';
    const member = `store:hq_${level}_outage:member`;
    const members = `count${by}(${member})`;
    const count = `${level}:hq_outage:count`;
    const peak = `${level}:hq_outage:peak`;
    return [
      {
        record: `${level}:hq_outage:onset`,
        expr: `
          (count${by}(${dropped}) >= ${stores})
          and ${on} (count${by}(${dropped}) > ${share} * ${level}:hq_judged:count)`,
      },
      {
        record: member,
        expr: `
          (
            ${dropped}
            and ${on} (
              ${level}:hq_outage:onset
              or (${count} and ${on} (count${by}(${dropped}) >= ${limits.outageJoiningStores}))
            )
          )
          or on (store_id) (
            ${member}
            and ${on} ${count}
            unless on (store_id) (
              (${member} and on (store_id) (hq_store_expected_online == 0))
              unless ${on} (${count} offset ${duration(durations.outageFor)})
            )
            and on (store_id) (${byStore('hq_store_info')} or on (store_id) (${member} and on () (fleet:hq_sight:bool == 0)))
            unless on (store_id) (${connected} == 1)
          )`,
      },
      {
        record: peak,
        expr: `(${members} > ${peak}) or (${peak} and ${on} ${count}) or ${members}`,
      },
      {
        // Stores that are out; no sample: no outage.
        record: count,
        expr: `${members} >= ${limits.outageRemainingShare} * ${peak}`,
      },
    ];
  }
}

/** Every alert of a single store begins with this. */
const guarded: RecordingRule = {
  record: 'store:hq_connected:guarded',
  expr: 'store:hq_connected:judged unless on (store_id) store:hq_outage:member',
};

/** Samples by store_id of the stores that are judged and connected, with the labels of an alert. */
export const ofConnected = (expr: string) =>
  `(${expr}) * on (store_id) group_left (region, name) (store:hq_connected:guarded == 1)`;

/** The same of those that are judged, connected or not. */
export const ofJudged = (expr: string) =>
  `(${expr}) * on (store_id) group_left (region, name) (store:hq_connected:guarded >= bool 0)`;

/** Kinds that have no alert of their own. */
export const failingKinds = 'network_timeout|payload_too_large|overloaded|malformed_request';

/** What fails in one store, and whether it fails in many: then one alert says so. */
function failingRules({ limits }: Thresholds): RecordingRule[] {
  const mass = (record: string, stores: string): RecordingRule => ({
    record,
    expr: `
      (count(${stores}) >= ${limits.massSyncFailingStores})
      and on () (count(${stores}) > ${limits.massSyncFailingShare} * fleet:hq_judged:count)`,
  });
  return [
    {
      record: 'store:hq_sync_failing:guarded',
      expr: `
        (store:hq_connected:guarded == 1)
        and on (store_id) (sum by (store_id) (hq_store_sync_errors_open{kind=~"${failingKinds}"}) > 0)`,
    },
    {
      record: 'store:hq_schema_mismatch:guarded',
      expr: `(store:hq_connected:guarded == 1) and on (store_id) (${byStore('hq_store_schema_compatible')} == 0)`,
    },
    mass('fleet:hq_sync_failing:mass', 'store:hq_sync_failing:guarded'),
    mass('fleet:hq_schema_mismatch:mass', 'store:hq_schema_mismatch:guarded'),
  ];
}

/** Store-minutes for the objective. */
function syncedRules({ durations }: Thresholds): RecordingRule[] {
  return [
    {
      record: 'fleet:hq_synced:count',
      expr: `
        count(
          (store:hq_connected:judged == 1)
          unless on (store_id) (time() - (hq_store_oldest_pending_timestamp_seconds > 0) > ${durations.syncedWithin})
        )
        or 0 * fleet:hq_judged:count`,
    },
    { record: 'fleet:hq_unsynced:count', expr: 'fleet:hq_judged:count - fleet:hq_synced:count' },
  ];
}
