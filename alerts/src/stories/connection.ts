import type { Story } from './story.js';

/** One store and its line. */
export const connectionStories: readonly Story[] = [
  {
    name: 'line cut for an hour',
    what: 'One store loses its line for an hour and comes back.',
    minutes: 80,
    happens: (world) => world.offline(['north-1'], [10, 70]),
    pages: ['HqStoreDisconnected north-1', 'HqStoreDisconnectedLong north-1'],
  },
];
