import type { Story } from './story.js';

/** When nobody is at work: closed, in maintenance, a holiday. The collector says it by hq_store_expected_online. */
export const expectedStories: readonly Story[] = [
  {
    name: 'closed store',
    what: 'A store closes and switches its server off, to the next morning.',
    minutes: 90,
    happens: (world) => world.notExpected(['north-1'], [20, 70]).offline(['north-1'], [21, 69]),
    pages: [],
    spares: ['HqStoreDisconnected', 'HqStoreDisconnectedLong'],
  },
  {
    name: 'nightly shutdown',
    what: 'All stores close at once; their servers are off from a minute before closing to a minute after opening.',
    minutes: 90,
    happens: (world) => world.notExpected(world.all, [30, 60]).offline(world.all, [29, 61]),
    pages: [],
    spares: ['HqMassOutage', 'HqRegionOutage', 'HqStoreDisconnected'],
  },
  {
    name: 'store server off in the morning',
    what: 'A store opens, and its server is switched on only 25 minutes later.',
    minutes: 80,
    happens: (world) => world.notExpected(['north-1'], [10, 40]).offline(['north-1'], [10, 65]),
    pages: ['HqStoreDisconnected north-1', 'HqStoreDisconnectedLong north-1'],
  },
  {
    name: 'out at closing time',
    what: 'A line fails 3 minutes before closing and is mended before the next opening.',
    minutes: 60,
    happens: (world) => world.offline(['north-1'], [27, 50]).notExpected(['north-1'], [30, 55]),
    pages: [],
    spares: ['HqStoreDisconnected'],
  },
  {
    name: 'holiday',
    what: 'The whole chain is closed for a holiday, its servers are off.',
    minutes: 60,
    happens: (world) => world.notExpected(world.all, [10, 50]).offline(world.all, [11, 49]),
    pages: [],
    spares: ['HqMassOutage', 'HqStoreDisconnected', 'HqSloFastBurn'],
  },
  {
    name: 'maintenance',
    what: 'A store is off for 40 minutes inside its maintenance window.',
    minutes: 60,
    happens: (world) => world.notExpected(['north-1'], [9, 51]).offline(['north-1'], [10, 50]),
    pages: [],
    spares: ['HqStoreDisconnected', 'HqStoreDisconnectedLong'],
  },
  {
    name: 'maintenance that lasts too long',
    what: 'A maintenance window ends and the store stays away for 10 minutes more.',
    minutes: 60,
    happens: (world) => world.notExpected(['north-1'], [10, 30]).offline(['north-1'], [11, 40]),
    pages: ['HqStoreDisconnected north-1'],
    spares: ['HqStoreDisconnectedLong'],
  },
];
