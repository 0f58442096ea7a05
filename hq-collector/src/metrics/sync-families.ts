import { errorKinds } from '@hq-sync/protocol/error-code';
import { storeFamily, type StoreFamily } from './store-family.js';
import { everyTotal } from './total-series.js';

/** What a store has synced, and what failed. */
export const syncFamilies: readonly StoreFamily[] = [
  storeFamily({
    name: 'hq_store_last_sync_timestamp_seconds',
    type: 'gauge',
    help: 'The newest success in either direction, empty pull checks included; 0 = never.',
    labels: ['store_id'],
    reads: ['hasServer', 'entityTotals'],
    series: (store, add) => {
      if (!store.hasServer) return;
      let newest = 0;
      for (const { lastSuccessAt } of store.entityTotals.values())
        newest = Math.max(newest, lastSuccessAt ?? 0);
      add(newest);
    },
  }),

  storeFamily({
    name: 'hq_store_entity_last_success_timestamp_seconds',
    type: 'gauge',
    help: 'The newest success of the entity: a committed push, or a pull that the store confirmed; 0 = never.',
    labels: ['store_id', 'entity', 'direction'],
    reads: ['hasServer', 'knownEntities', 'entityTotals'],
    series: (store, add) => {
      if (!store.hasServer) return;
      for (const { entity, direction } of store.knownEntities) {
        add(store.entityTotals.get(entity)?.lastSuccessAt ?? 0, entity, direction);
      }
    },
  }),

  storeFamily({
    name: 'hq_store_entity_records_total',
    type: 'counter',
    help: 'Records pushed (accepted or replaced) or pulled (confirmed by the store), resync included.',
    labels: ['store_id', 'entity', 'direction'],
    reads: ['hasServer', 'knownEntities', 'entityTotals'],
    series: (store, add) => {
      if (!store.hasServer) return;
      for (const { entity, direction } of store.knownEntities) {
        add(store.entityTotals.get(entity)?.recordsTotal ?? 0, entity, direction);
      }
    },
  }),

  storeFamily({
    name: 'hq_store_sync_errors_total',
    type: 'counter',
    help: 'Failed sync operations of all time, by kind.',
    labels: ['store_id', 'kind'],
    reads: ['hasServer', 'errorsTotal'],
    series: (store, add) => {
      if (store.hasServer) everyTotal(errorKinds, store.errorsTotal, add);
    },
  }),

  storeFamily({
    name: 'hq_store_sync_errors_open',
    type: 'gauge',
    help: 'Failed sync operations in error episodes that are still open, by kind; 0 = nothing needs a look.',
    labels: ['store_id', 'kind'],
    reads: ['hasServer', 'errorsOpen'],
    series: (store, add) => {
      if (store.hasServer) everyTotal(errorKinds, store.errorsOpen, add);
    },
  }),
];
