import { duration, spoken } from '../promql.js';
import type { Thresholds } from '../thresholds.js';
import { failingKinds, ofConnected, ofJudged } from './fleet.js';
import { eachOfStore, storeAlert, type RuleGroup } from './rule.js';

/** Alerts about what one connected store syncs. */
export function syncRules({ durations, limits }: Thresholds): RuleGroup {
  return {
    name: 'hq-sync',
    intervalSeconds: durations.evaluation,
    rules: [
      storeAlert({
        alert: 'HqStoreSyncStale',
        severity: 'warning',
        expr: `
          ${ofConnected(`time() - max by (store_id) (hq_store_last_sync_timestamp_seconds > 0) > ${durations.syncStaleAfter}`)}
          unless on (store_id) (sum by (store_id) (hq_store_sync_errors_open) > 0)
          unless on (store_id) store:hq_schema_mismatch:guarded`,
        forSeconds: durations.syncStaleFor,
        summary: 'is connected and does not sync',
        why: 'last success {{ humanizeDuration $value }} ago, and no failure is known.',
        todo: 'restart the store server; a socket that lives beside HTTP that does not is often a proxy of the store.',
      }),
      storeAlert({
        alert: 'HqStoreSyncFailing',
        severity: 'warning',
        expr: 'store:hq_sync_failing:guarded unless on () fleet:hq_sync_failing:mass',
        forSeconds: durations.syncFailingFor,
        keepFiringSeconds: durations.keepFiring,
        summary: `has failed to sync for ${spoken(durations.syncFailingFor)}`,
        why: `failures that retries did not cure:${openErrors(failingKinds)}. Sales wait in its queue.`,
        todo: 'read the error in the panel "Sync errors" of the store, each says what a person does.',
      }),
      storeAlert({
        alert: 'HqStoreBacklogGrowing',
        severity: 'warning',
        expr: ofConnected(`
          max by (store_id, direction) (hq_store_pending_records) > ${limits.backlogRecords}
          and max by (store_id, direction) (hq_store_pending_records)
          > max by (store_id, direction) (hq_store_pending_records offset ${duration(durations.backlogGrowingWithin)})
        `),
        forSeconds: durations.backlogGrowingFor,
        summary: 'falls behind',
        why: `{{ $value }} records wait ({{ $labels.direction }}), and more each ${spoken(durations.backlogGrowingWithin)}, though it is connected.`,
        todo: "look at its line's speed and at slow pushes in the sync log; a backlog that shrinks needs nothing.",
      }),
      storeAlert({
        alert: 'HqStoreSchemaMismatch',
        severity: 'warning',
        expr: 'store:hq_schema_mismatch:guarded unless on () fleet:hq_schema_mismatch:mass',
        forSeconds: durations.schemaMismatchFor,
        summary: 'needs an update: HQ does not take its schema version',
        why: `its version is${eachOfStore('hq_store_info{store_id=%q}', ' {{ .Labels.agent_version }} (schema {{ .Labels.schema_version }})')}. Its pushes wait, nothing is lost.`,
        todo: 'update the store server; the queue goes on by itself afterwards.',
      }),
      storeAlert({
        alert: 'HqRecordQuarantined',
        severity: 'warning',
        expr: ofJudged('max by (store_id) (hq_store_sync_errors_open{kind="record_rejected"}) > 0'),
        forSeconds: durations.quarantinedFor,
        summary: 'has records in quarantine',
        why: 'records that HQ could not take are held; the others went on.',
        todo: 'read the reason, correct and replay each record, or discard it with a note.',
      }),
    ],
  };
}

function openErrors(kinds: string): string {
  return eachOfStore(
    `hq_store_sync_errors_open{store_id=%q,kind=~"${kinds}"} > 0`,
    ' {{ .Labels.kind }} {{ .Value }} times',
  );
}
