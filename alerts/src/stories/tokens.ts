import type { Story } from './story.js';
import type { World } from './world.js';

const hour = 60;
const day = 24 * hour;

/** A hundred stores, whose tokens were made one after the other within six hours. */
const hundred = { north: 50, south: 50 };
const idsOfHundred = Object.entries(hundred).flatMap(([region, count]) =>
  Array.from({ length: count }, (_, n) => `${region}-${n + 1}`),
);
const endWithinSixHours = (world: World, from: number) =>
  world.all.forEach((id, n) => world.tokenEnds([id], from + Math.floor((n * 6 * hour) / world.all.length)));
const rotatedFirst = idsOfHundred.slice(0, 8);
const forgotten = idsOfHundred.slice(8);
const eachOf = (ids: readonly string[], ...alerts: string[]) =>
  alerts.flatMap((alert) => ids.map((storeId) => `${alert} ${storeId}`));

/** Tokens before and at their end. */
export const tokenStories: readonly Story[] = [
  {
    name: 'token rotated in time',
    what: 'A token has 13 days left, and is rotated an hour later.',
    minutes: 90,
    happens: (world) => world.tokenEnds(['north-1'], 13 * day).tokenEnds(['north-1'], 365 * day, hour),
    pages: ['HqStoreTokenExpiring north-1'],
    spares: ['HqStoreTokenExpiresSoon'],
  },
  {
    name: 'token forgotten',
    what: 'Nobody rotates a token that was warned of: 2 days before its end somebody is paged.',
    minutes: 60,
    happens: (world) => world.tokenEnds(['north-1'], 2 * day + 30),
    pages: ['HqStoreTokenExpiring north-1', 'HqStoreTokenExpiresSoon north-1'],
    atEnd: ['HqStoreTokenExpiring north-1', 'HqStoreTokenExpiresSoon north-1'],
  },
  {
    name: 'token forgotten to its end',
    what: 'The same 2 days later: with the end of the token these alerts are over, and the store is refused.',
    minutes: 60,
    happens: (world) =>
      world.tokenEnds(['north-1'], 30).offline(['north-1'], [30]).errors(['north-1'], 'token_rejected', [30]),
    pages: [
      'HqStoreTokenExpiring north-1',
      'HqStoreTokenExpiresSoon north-1',
      'HqStoreTokenRejected north-1',
    ],
    atEnd: ['HqStoreTokenRejected north-1'],
    spares: ['HqStoreDisconnected'],
  },
  {
    name: 'expiry of the past',
    what: 'As before, but the metrics go on to say when the token ended.',
    minutes: 60,
    happens: (world) =>
      world
        .tokenEnded(['north-1'], 30)
        .offline(['north-1'], [30])
        .errors(['north-1'], 'token_rejected', [30]),
    pages: [
      'HqStoreTokenExpiring north-1',
      'HqStoreTokenExpiresSoon north-1',
      'HqStoreTokenRejected north-1',
    ],
    atEnd: ['HqStoreTokenRejected north-1'],
  },
  {
    name: 'hundred tokens of one day, warned of',
    what: 'The first of 100 tokens that were made within 6 hours has 14 days left: all are warned of at once.',
    minutes: 40,
    regions: hundred,
    happens: (world) => endWithinSixHours(world, 14 * day + 5),
    pages: eachOf(idsOfHundred, 'HqStoreTokenExpiring'),
    atEnd: eachOf(idsOfHundred, 'HqStoreTokenExpiring'),
    spares: ['HqStoreTokenExpiresSoon'],
  },
  {
    name: 'hundred tokens of one day, forgotten',
    what: 'The same when 2 days are left; those that end first are rotated after 10 minutes, the others are not.',
    minutes: 26,
    regions: hundred,
    happens: (world) => {
      endWithinSixHours(world, 2 * day + 2);
      // All that have 2 days left by then, and those that would have until the end of the story.
      world.tokenEnds(rotatedFirst, 365 * day, 12);
    },
    pages: [...eachOf(idsOfHundred, 'HqStoreTokenExpiresSoon'), ...eachOf(forgotten, 'HqStoreTokenExpiring')],
    atEnd: eachOf(forgotten, 'HqStoreTokenExpiring', 'HqStoreTokenExpiresSoon'),
  },
  {
    name: 'tokens of two days',
    what: 'A token has less than 14 days left, the next one more than 15.',
    minutes: 40,
    happens: (world) => world.tokenEnds(['north-1'], 14 * day - 5).tokenEnds(['north-2'], 15 * day + hour),
    pages: ['HqStoreTokenExpiring north-1'],
    atEnd: ['HqStoreTokenExpiring north-1'],
  },
  {
    name: 'token that does not expire',
    what: 'The tokens do not expire, but for one that has 14 days and an hour.',
    minutes: 40,
    happens: (world) => world.tokenEnds(['north-1'], 14 * day + hour),
    pages: [],
    spares: ['HqStoreTokenExpiring', 'HqStoreTokenExpiresSoon'],
  },
  {
    name: 'short token replaced at once',
    what: 'A store comes with a token of a day, and uses one of a year 4 minutes later.',
    minutes: 30,
    happens: (world) => world.tokenEnds(['north-1'], day).tokenEnds(['north-1'], 365 * day, 4),
    pages: [],
    spares: ['HqStoreTokenExpiring', 'HqStoreTokenExpiresSoon'],
  },
  {
    name: 'token of a closed store',
    what: 'A store is closed for a month, and its token has 13 days left.',
    minutes: 40,
    happens: (world) =>
      world
        .notExpected(['north-1'], [0])
        .offline(['north-1'], [0])
        .tokenEnds(['north-1'], 13 * day),
    pages: ['HqStoreTokenExpiring north-1'],
    atEnd: ['HqStoreTokenExpiring north-1'],
    spares: ['HqStoreDisconnected'],
  },
  {
    name: 'token of a store that is archived',
    what: 'A token has 13 days left, and the store is archived after half an hour.',
    minutes: 50,
    happens: (world) => world.tokenEnds(['north-1'], 13 * day).archived(['north-1'], 30),
    pages: ['HqStoreTokenExpiring north-1'],
  },
  {
    name: 'token of a day while HQ is blind',
    what: 'All stores are unknown for 40 minutes, and one of them has a token of a day.',
    minutes: 46,
    happens: (world) => world.unknown(world.all, [3, 43]).tokenEnds(['north-1'], day),
    pages: ['HqStoresUnknown'],
    spares: ['HqStoreTokenExpiring', 'HqStoreTokenExpiresSoon'],
  },
];
