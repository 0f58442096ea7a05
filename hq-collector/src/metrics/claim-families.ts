import { storeFamily, type StoreFamily } from './store-family.js';

/**
 * What a store says of itself: its queue, its tills, its clock, its schema. As of its latest heartbeat or hello; beside its
 * queue stands what waits for it at HQ, as HQ counts it.
 */
export const claimFamilies: readonly StoreFamily[] = [
  storeFamily({
    name: 'hq_store_pending_records',
    type: 'gauge',
    help: 'Records that wait to be synced: push by the claim of the store, pull as HQ counts them; 0 = nothing waits.',
    labels: ['store_id', 'direction'],
    reads: ['hasServer', 'pushPendingRecords', 'pullPendingRecords'],
    series: (store, add) => {
      if (!store.hasServer) return;
      add(store.pushPendingRecords, 'push');
      add(store.pullPendingRecords, 'pull');
    },
  }),

  storeFamily({
    name: 'hq_store_oldest_pending_timestamp_seconds',
    type: 'gauge',
    help: 'Since when the oldest pending record has waited; 0 = nothing waits.',
    labels: ['store_id', 'direction'],
    reads: ['hasServer', 'pushOldestPendingAt', 'pullOldestPendingAt'],
    series: (store, add) => {
      if (!store.hasServer) return;
      add(store.pushOldestPendingAt ?? 0, 'push');
      add(store.pullOldestPendingAt ?? 0, 'pull');
    },
  }),

  storeFamily({
    name: 'hq_store_open_registers',
    type: 'gauge',
    help: 'Register sessions open by the latest heartbeat. No sample before the first.',
    labels: ['store_id'],
    reads: ['openRegisters'],
    series: ({ openRegisters }, add) => {
      if (openRegisters !== null) add(openRegisters);
    },
  }),

  storeFamily({
    name: 'hq_store_clock_skew_seconds',
    type: 'gauge',
    help: 'By how much the clock of the store is ahead of that of HQ; negative = behind. No sample before it is measured.',
    labels: ['store_id'],
    reads: ['clockSkewSeconds'],
    series: ({ clockSkewSeconds }, add) => {
      if (clockSkewSeconds !== null) add(clockSkewSeconds);
    },
  }),

  storeFamily({
    name: 'hq_store_schema_compatible',
    type: 'gauge',
    help: '1 while HQ takes the schema version of the store, 0 while its pushes wait for an update. No sample before the first hello.',
    labels: ['store_id'],
    reads: ['schemaCompatible'],
    series: ({ schemaCompatible }, add) => {
      if (schemaCompatible !== null) add(schemaCompatible ? 1 : 0);
    },
  }),
];
