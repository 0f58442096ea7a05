import type { Story } from './story.js';

/** Stores that are connected, and what they sync. */
export const syncStories: readonly Story[] = [
  {
    name: 'sync stands still',
    what: 'A store is connected, nothing is pushed or pulled for 40 minutes, and no failure is known.',
    minutes: 70,
    happens: (world) => world.stale(['north-1'], [10, 50]),
    pages: ['HqStoreSyncStale north-1'],
  },
  {
    name: 'idle store',
    what: 'A store sells nothing and checks for news every 12 minutes at the least.',
    minutes: 60,
    happens: (world) =>
      world.stale(['north-1'], [0, 12]).stale(['north-1'], [12, 24]).stale(['north-1'], [24, 36]),
    pages: [],
    spares: ['HqStoreSyncStale'],
  },
  {
    name: 'pushes time out',
    what: "A store's pushes time out for 40 minutes.",
    minutes: 70,
    happens: (world) => world.errors(['north-1'], 'network_timeout', [10, 50]),
    pages: ['HqStoreSyncFailing north-1'],
    spares: ['HqStoreSyncStale'],
  },
  {
    name: 'failures cured by retries',
    what: 'Pushes of three stores fail for 8 minutes; the retries cure it.',
    minutes: 40,
    happens: (world) => world.errors(world.ids('north', 1, 3), 'network_timeout', [10, 18]),
    pages: [],
    spares: ['HqStoreSyncFailing', 'HqMassSyncFailing'],
  },
  {
    name: 'many stores fail to sync',
    what: 'HQ is overloaded: 8 of 20 connected stores fail for half an hour.',
    minutes: 60,
    happens: (world) => world.errors(world.ids('north', 1, 8), 'overloaded', [10, 40]),
    pages: ['HqMassSyncFailing'],
    spares: ['HqStoreSyncFailing', 'HqStoreSyncStale'],
  },
  {
    name: 'thin line',
    what: 'A store sells more than its line takes: its backlog grows for an hour.',
    minutes: 80,
    happens: (world) => world.backlog(['north-1'], [10, 70], (minute) => 300 + 40 * minute),
    pages: ['HqStoreBacklogGrowing north-1'],
  },
  {
    name: 'slow recovery',
    what: 'A store comes back after 40 minutes with 6,000 records, and needs 50 minutes to push them.',
    minutes: 110,
    happens: (world) =>
      world.offline(['north-1'], [10, 50]).backlog(['north-1'], [50, 100], (minute) => 6_000 - 120 * minute),
    pages: ['HqStoreDisconnected north-1', 'HqStoreDisconnectedLong north-1'],
    spares: ['HqStoreBacklogGrowing', 'HqSloFastBurn'],
  },
  {
    name: 'stocktaking',
    what: 'A store pushes 4,000 adjustments that were written at once, in 12 minutes.',
    minutes: 60,
    happens: (world) => world.backlog(['north-1'], [20, 32], (minute) => 4_000 - 333 * minute),
    pages: [],
    spares: ['HqStoreBacklogGrowing'],
  },
  {
    name: 'one store missed by the update',
    what: 'HQ no longer takes the schema version of one store, for an hour.',
    minutes: 80,
    happens: (world) =>
      world.incompatible(['north-1'], [10, 70]).errors(['north-1'], 'schema_mismatch', [10, 70]),
    pages: ['HqStoreSchemaMismatch north-1'],
    spares: ['HqStoreSyncStale', 'HqStoreSyncFailing'],
  },
  {
    name: 'update wave',
    what: 'HQ is updated, the stores one after the other within 20 minutes, each away for one.',
    minutes: 60,
    happens: (world) =>
      world.all.forEach((id, n) => {
        const at = 10 + n;
        world.incompatible([id], [9, at + 1]).offline([id], [at, at + 1]);
      }),
    pages: [],
    spares: ['HqMassOutage', 'HqRegionOutage', 'HqStoreSchemaMismatch', 'HqMassSchemaMismatch'],
  },
  {
    name: 'update wave stands still',
    what: '8 of 20 stores are still on the old version an hour after HQ was updated.',
    minutes: 80,
    happens: (world) => world.incompatible(world.ids('south', 1, 8), [10, 70]),
    pages: ['HqMassSchemaMismatch'],
    spares: ['HqStoreSchemaMismatch'],
  },
  {
    name: 'bad record',
    what: 'A record is quarantined, and corrected and replayed after 20 minutes.',
    minutes: 40,
    happens: (world) => world.errors(['north-1'], 'record_rejected', [10, 30]),
    pages: ['HqRecordQuarantined north-1'],
    spares: ['HqStoreSyncFailing', 'HqStoreSyncStale'],
  },
  {
    name: 'bad record replayed at once',
    what: 'A record is quarantined and replayed within 3 minutes.',
    minutes: 30,
    happens: (world) => world.errors(['north-1'], 'record_rejected', [10, 13]),
    pages: [],
    spares: ['HqRecordQuarantined'],
  },
];
