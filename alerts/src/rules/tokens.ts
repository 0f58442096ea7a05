import { storePlaces } from '../promql.js';
import type { Durations, Thresholds } from '../thresholds.js';
import { eachOfStore, storeAlert, type RecordingRule, type RuleGroup } from './rule.js';

const left = 'store:hq_token_left:guarded';
const expiring = 'store:hq_token_expiring:guarded';
const expiresSoon = 'store:hq_token_expires_soon:guarded';

/**
 * Alerts about tokens before they end; from the end on it is HqStoreTokenRejected. A closed store is told of as an open
 * one: the day comes all the same, and a store that is refused when it opens is too late.
 */
export function tokenRules({ durations }: Thresholds): RuleGroup {
  const why = `the token that it uses ends${expiry}. From then on HQ refuses it: its tills go on selling, its sales wait, and nothing but a new token helps.`;
  return {
    name: 'hq-tokens',
    intervalSeconds: durations.evaluation,
    rules: [
      leftRule,
      endingRule(expiring, durations.tokenExpiringWithin, durations),
      endingRule(expiresSoon, durations.tokenExpiresSoonWithin, durations),
      storeAlert({
        alert: 'HqStoreTokenExpiring',
        severity: 'warning',
        expr: expiring,
        forSeconds: durations.tokenExpiringFor,
        keepFiringSeconds: durations.keepFiring,
        summary: 'has a token that expires in {{ humanizeDuration $value }}',
        why,
        todo: 'rotate it: the store server makes the next one by itself once it is connected.',
      }),
      storeAlert({
        alert: 'HqStoreTokenExpiresSoon',
        severity: 'critical',
        expr: expiresSoon,
        forSeconds: durations.tokenExpiresSoonFor,
        keepFiringSeconds: durations.keepFiring,
        summary: 'is cut off in {{ humanizeDuration $value }}: its token expires',
        why,
        todo: 'rotate it now while the store is connected; where it is not, generate a token and enter it at the store server.',
      }),
    ],
  };
}

/** Seconds until the token that the store uses ends. No sample: it does not expire, none works, or HQ is blind. */
const leftRule: RecordingRule = {
  record: left,
  expr: `
    (
      (max by (store_id) (hq_store_token_expiry_timestamp_seconds) - time() > 0)
      and on () (fleet:hq_sight:bool == 1)
    )
    * on (store_id) group_left (region, name) ${storePlaces}`,
};

/**
 * The same of tokens that end within a time, and of those that follow within a day: what was made on one day is told of
 * at once, and not store by store as each crosses the bound. Who is in stays in, whichever of them is rotated first.
 */
function endingRule(record: string, withinSeconds: number, { tokenBatchWithin }: Durations): RecordingRule {
  return {
    record,
    expr: `
      (${left} < ${withinSeconds + tokenBatchWithin})
      and on (store_id) (
        (${left} and on () count(${left} < ${withinSeconds}))
        or on (store_id) ${record}
      )`,
  };
}

const expiry = eachOfStore(
  'hq_store_token_expiry_timestamp_seconds{store_id=%q}',
  ' at {{ .Value | humanizeTimestamp }}',
);
