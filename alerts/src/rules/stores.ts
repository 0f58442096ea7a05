import { duration, spoken, storePlaces } from '../promql.js';
import type { Thresholds } from '../thresholds.js';
import { ofConnected, ofJudged } from './fleet.js';
import { eachOfStore, storeAlert, type RuleGroup } from './rule.js';

/** Alerts about the connection of one store. */
export function storeRules({ durations, limits }: Thresholds): RuleGroup {
  const down = `
    (store:hq_connected:guarded == 0)
    unless on (store_id) (hq_store_sync_errors_open{kind="token_rejected"} > 0)`;
  const downWhy = `not connected${lastHeartbeat}.${lastReasons} Its tills go on selling; the sales wait in its queue.`;
  return {
    name: 'hq-stores',
    intervalSeconds: durations.evaluation,
    rules: [
      storeAlert({
        alert: 'HqStoreDisconnected',
        severity: 'warning',
        expr: down,
        forSeconds: durations.disconnectedFor,
        keepFiringSeconds: durations.keepFiring,
        summary: `has been disconnected for ${spoken(durations.disconnectedFor)}`,
        why: downWhy,
        todo: 'call the store: is the store server on, is its line up? It comes back by itself when they are.',
      }),
      storeAlert({
        alert: 'HqStoreDisconnectedLong',
        severity: 'critical',
        expr: down,
        forSeconds: durations.disconnectedLongFor,
        keepFiringSeconds: durations.keepFiring,
        summary: `has been disconnected for ${spoken(durations.disconnectedLongFor)}`,
        why: `${downWhy} Prices and products there grow old.`,
        todo: 'send somebody, or have the line mended; nothing at HQ brings it back.',
      }),
      storeAlert({
        alert: 'HqStoreFlapping',
        severity: 'warning',
        expr: ofJudged(
          `round(max by (store_id) (increase(hq_store_connects_total[${duration(durations.flappingWithin)}]))) >= ${limits.flappingConnects}`,
        ),
        forSeconds: 0,
        keepFiringSeconds: durations.keepFiring,
        summary: 'connects again and again',
        why: `{{ $value }} connections in ${spoken(durations.flappingWithin)}.${lastReasons}`,
        todo: 'have its line looked at; where the reason is "replaced", look for a second machine with this token.',
      }),
      storeAlert({
        alert: 'HqStoreDuplicateServer',
        severity: 'warning',
        expr: ofJudged('max by (store_id) (hq_store_duplicate_server) == 1'),
        forSeconds: durations.duplicateServerFor,
        keepFiringSeconds: durations.keepFiring,
        summary: 'has two store servers',
        why: `two machines, or a clone of one, have connected with its token for ${spoken(durations.duplicateServerFor)} and take the line from each other.`,
        todo: 'find the second machine and stop it, then generate a new token for the right one.',
      }),
      storeAlert({
        alert: 'HqStoreTokenRejected',
        severity: 'critical',
        expr: `
          (store:hq_connected:guarded == 0)
          and on (store_id) (hq_store_sync_errors_open{kind="token_rejected"} > 0)`,
        forSeconds: durations.tokenRejectedFor,
        keepFiringSeconds: durations.keepFiring,
        summary: 'is refused: its token is not valid',
        why: `its token was revoked, has expired or was superseded${lastHeartbeat}. Its sales wait in its queue, and nothing but a new token helps.`,
        todo: 'generate a token for it and enter it at the store server, unless it was revoked on purpose.',
      }),
      storeAlert({
        alert: 'HqStoreNeverSynced',
        severity: 'warning',
        expr: `
          (
            max by (store_id) (hq_store_last_sync_timestamp_seconds) == 0
            and on (store_id) (max by (store_id) (hq_store_expected_online) == 1)
            and on (store_id) ((hq_store_connected == 1) or on (store_id) (hq_store_connects_total == 0))
            and on () (fleet:hq_sight:bool == 1)
            unless on (store_id) store:hq_outage:member
          )
          * on (store_id) group_left (region, name) ${storePlaces}`,
        forSeconds: durations.neverSyncedFor,
        summary: 'has a token and has never synced',
        why: `open for ${spoken(durations.neverSyncedFor)}, and nothing was ever pushed or pulled.`,
        todo: "see whether its store server is installed and has this token and HQ's address.",
      }),
      storeAlert({
        alert: 'HqStoreClockSkewed',
        severity: 'warning',
        expr: ofConnected(
          `abs(max by (store_id) (hq_store_clock_skew_seconds)) > ${limits.clockSkewSeconds}`,
        ),
        forSeconds: durations.clockSkewedFor,
        summary: 'has a wrong clock',
        why: "its clock differs from HQ's by {{ humanizeDuration $value }}. Sales near midnight can count on the wrong day.",
        todo: 'set the time of the store server by NTP.',
      }),
    ],
  };
}

const lastHeartbeat = eachOfStore(
  'hq_store_last_heartbeat_timestamp_seconds{store_id=%q} > 0',
  ' since {{ .Value | humanizeTimestamp }}',
);
const lastReasons = eachOfStore(
  'topk(3, round(increase(hq_store_disconnects_total{store_id=%q}[1h])) > 0)',
  ' Ended {{ .Value }} times within the hour: {{ .Labels.reason }}.',
);
