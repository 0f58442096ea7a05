import { disconnectReasons } from '../fleet/disconnect-reason.js';
import { storeFamily, type StoreFamily } from './store-family.js';
import { everyTotal } from './total-series.js';

/** Who a store is, whether it is there and when it last was. */
export const connectionFamilies: readonly StoreFamily[] = [
  storeFamily({
    name: 'hq_store_info',
    type: 'gauge',
    help: 'Always 1. What a store is called and runs; join it by store_id. Every store that is not archived has it.',
    labels: ['store_id', 'name', 'region', 'timezone', 'agent_version', 'schema_version'],
    reads: ['name', 'region', 'timezone', 'agentVersion', 'schemaVersion'],
    series: (store, add) =>
      add(
        1,
        store.name,
        store.region ?? '',
        store.timezone,
        store.agentVersion ?? '',
        store.schemaVersion === null ? '' : String(store.schemaVersion),
      ),
  }),

  storeFamily({
    name: 'hq_store_connected',
    type: 'gauge',
    help: '1 connected, 0 disconnected or never connected. No sample while HQ cannot know, or without a store server.',
    labels: ['store_id'],
    reads: ['status'],
    series: ({ status }, add) => {
      if (status === 'connected') add(1);
      else if (status === 'disconnected' || status === 'never_connected') add(0);
    },
  }),

  storeFamily({
    name: 'hq_store_expected_online',
    type: 'gauge',
    help: '1 while the store is open by its hours and not in maintenance, else 0. No sample without a store server.',
    labels: ['store_id'],
    reads: ['hasServer', 'expectedOnline'],
    series: (store, add) => {
      if (store.hasServer) add(store.expectedOnline ? 1 : 0);
    },
  }),

  storeFamily({
    name: 'hq_store_duplicate_server',
    type: 'gauge',
    help: '1 while a second machine with the token of the store was seen within 10 minutes, else 0. No sample without a store server.',
    labels: ['store_id'],
    reads: ['hasServer', 'duplicateServer'],
    series: (store, add) => {
      if (store.hasServer) add(store.duplicateServer ? 1 : 0);
    },
  }),

  storeFamily({
    name: 'hq_store_token_expiry_timestamp_seconds',
    type: 'gauge',
    help: 'When the sync token that the store uses expires. No sample where it does not, or where none works.',
    labels: ['store_id'],
    reads: ['tokenExpiresAt'],
    series: ({ tokenExpiresAt }, add) => {
      if (tokenExpiresAt !== null) add(tokenExpiresAt);
    },
  }),

  storeFamily({
    name: 'hq_store_last_heartbeat_timestamp_seconds',
    type: 'gauge',
    help: 'When the latest heartbeat came, by the clock of HQ; 0 = never.',
    labels: ['store_id'],
    reads: ['hasServer', 'lastHeartbeatAt'],
    series: (store, add) => {
      if (store.hasServer) add(store.lastHeartbeatAt ?? 0);
    },
  }),

  storeFamily({
    name: 'hq_store_last_sale_timestamp_seconds',
    type: 'gauge',
    help: 'The latest sale that the store has claimed in a heartbeat; 0 = none.',
    labels: ['store_id'],
    reads: ['hasServer', 'lastSaleAt'],
    series: (store, add) => {
      if (store.hasServer) add(store.lastSaleAt ?? 0);
    },
  }),

  storeFamily({
    name: 'hq_store_connects_total',
    type: 'counter',
    help: 'Connections that the store has opened.',
    labels: ['store_id'],
    reads: ['hasServer', 'connectsTotal'],
    series: (store, add) => {
      if (store.hasServer) add(store.connectsTotal);
    },
  }),

  storeFamily({
    name: 'hq_store_disconnects_total',
    type: 'counter',
    help: 'Connections of the store that have ended, by reason.',
    labels: ['store_id', 'reason'],
    reads: ['hasServer', 'disconnectsTotal'],
    series: (store, add) => {
      if (store.hasServer) everyTotal(disconnectReasons, store.disconnectsTotal, add);
    },
  }),
];
