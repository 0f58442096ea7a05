import type { Story } from './story.js';

/** The objective: 99.5 % of expected store-minutes synced. */
export const objectiveStories: readonly Story[] = [
  {
    name: 'stores connected and not synced',
    what: '3 of 20 stores are connected and push too slowly to be synced, for 75 minutes.',
    minutes: 80,
    happens: (world) => world.backlog(world.ids('north', 1, 3), [5], () => 400),
    pages: ['HqSloFastBurn'],
    atEnd: ['HqSloFastBurn'],
    spares: ['HqSloSlowBurn'],
  },
  {
    name: 'two stores connected and not synced',
    what: '2 of 20 stores push too slowly to be synced: a burn rate of 20, but fewer than 3 stores.',
    minutes: 80,
    happens: (world) => world.backlog(world.ids('north', 1, 2), [5, 75], () => 400),
    pages: [],
    spares: ['HqSloFastBurn', 'HqSloSlowBurn'],
  },
  {
    name: 'objective missed slowly',
    what: '3 of 110 stores are not synced for an hour and a half: a burn rate of 5.',
    minutes: 95,
    regions: { north: 55, south: 55 },
    happens: (world) => world.backlog(world.ids('north', 1, 3), [5], () => 400),
    pages: ['HqSloSlowBurn'],
    atEnd: ['HqSloSlowBurn'],
    spares: ['HqSloFastBurn'],
  },
];
