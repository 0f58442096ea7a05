import type { Story } from './story.js';
import type { World } from './world.js';

/** Six of twenty, in both regions: 30 %. */
const six = (world: World) => [...world.ids('north', 1, 3), ...world.ids('south', 1, 3)];
/** They drop in two halves, one scrape apart. */
const dropTogether = (world: World, ids: readonly string[], from: number, to?: number) => {
  const until = to === undefined ? [] : [to];
  world.offline(ids.slice(0, 3), [from, ...until] as [number, number?]);
  return world.offline(ids.slice(3), [from + 1, ...until] as [number, number?]);
};

/** Many stores at once. */
export const outageStories: readonly Story[] = [
  {
    name: 'mass outage',
    what: '30 % of the stores drop together and are back after half an hour.',
    minutes: 60,
    happens: (world) => dropTogether(world, six(world), 10, 40),
    pages: ['HqMassOutage'],
    spares: ['HqStoreDisconnected', 'HqStoreDisconnectedLong', 'HqRegionOutage', 'HqSloFastBurn'],
  },
  {
    name: 'mass outage after a store was cut alone',
    what: 'A store is cut 20 minutes before 30 % of the others drop together.',
    minutes: 70,
    happens: (world) => dropTogether(world.offline(['north-9'], [10, 60]), six(world), 30, 60),
    pages: ['HqMassOutage', 'HqStoreDisconnected north-9', 'HqStoreDisconnectedLong north-9'],
  },
  {
    name: 'a store is cut alone during a mass outage',
    what: 'A store that has nothing to do with the mass outage drops 10 minutes after it began.',
    minutes: 70,
    happens: (world) => dropTogether(world, six(world), 10, 60).offline(['north-9'], [20, 60]),
    pages: ['HqMassOutage', 'HqStoreDisconnected north-9', 'HqStoreDisconnectedLong north-9'],
  },
  {
    name: 'mass outage with closed stores',
    what: '30 % of the stores drop together while three others are closed and off.',
    minutes: 60,
    happens: (world) => {
      const closed = world.ids('south', 8, 10);
      dropTogether(world.notExpected(closed, [0]).offline(closed, [1]), six(world), 10, 40);
    },
    pages: ['HqMassOutage'],
    spares: ['HqStoreDisconnected'],
  },
  {
    name: 'one store stays out after a mass outage',
    what: 'All but one of the stores of a mass outage come back; the one pages by itself.',
    minutes: 70,
    happens: (world) => {
      const [last, ...others] = six(world);
      dropTogether(world, others, 10, 30).offline([last!], [10]);
    },
    pages: ['HqMassOutage', 'HqStoreDisconnected north-1', 'HqStoreDisconnectedLong north-1'],
    atEnd: ['HqStoreDisconnected north-1', 'HqStoreDisconnectedLong north-1'],
  },
  {
    name: 'mass outage over the night',
    what: 'The stores of a mass outage close, and open again still without a line.',
    minutes: 90,
    happens: (world) => dropTogether(world, six(world), 10).notExpected(world.all, [30, 60]),
    pages: ['HqMassOutage'],
    atEnd: ['HqMassOutage'],
    spares: ['HqStoreDisconnected'],
  },
  {
    name: 'collector restart in a mass outage',
    what: 'During a mass outage the collectors are restarted: all stores are unknown for a minute.',
    minutes: 60,
    happens: (world) => dropTogether(world, six(world), 10, 50).unknown(world.all, [25, 26]),
    pages: ['HqMassOutage'],
    spares: ['HqStoreDisconnected'],
  },
  {
    name: 'short drop of half the chain',
    what: 'Half of all stores drop for less than 2 minutes.',
    minutes: 30,
    happens: (world) => world.offline(world.ids('north'), [10, 12]),
    pages: [],
    spares: ['HqMassOutage', 'HqRegionOutage'],
  },
  {
    name: 'one region down',
    what: 'All 4 stores of a region lose their provider for half an hour; the chain has 30.',
    minutes: 60,
    regions: { east: 4, north: 13, south: 13 },
    happens: (world) => world.offline(world.ids('east'), [10, 40]),
    pages: ['HqRegionOutage east'],
    spares: ['HqMassOutage', 'HqStoreDisconnected', 'HqSloFastBurn'],
  },
  {
    name: 'two stores of a region',
    what: 'Two of the 4 stores of a region drop together: no region outage, two pages.',
    minutes: 40,
    regions: { east: 4, north: 13, south: 13 },
    happens: (world) => world.offline(world.ids('east', 1, 2), [10, 20]),
    pages: ['HqStoreDisconnected east-1', 'HqStoreDisconnected east-2'],
    spares: ['HqRegionOutage'],
  },
  {
    name: 'small chain',
    what: '2 of 4 stores drop together: fewer than 5 are no mass outage.',
    minutes: 40,
    regions: { north: 2, south: 2 },
    happens: (world) => world.offline(['north-1', 'south-1'], [10, 20]),
    pages: ['HqStoreDisconnected north-1', 'HqStoreDisconnected south-1'],
    spares: ['HqMassOutage', 'HqRegionOutage', 'HqSloFastBurn'],
  },
];
