import { expect, test } from '@jest/globals';
import { sortKey, verdictOf, type StatusOfStore } from '../src/page/status.js';

const well = {
  status: 'connected',
  reason: null,
  expectedOnline: true,
  behindIn: null,
  stale: false,
  errorsOpen: 0,
  quarantined: 0,
  withheld: 0,
  schemaVersion: 2,
  schemaCompatible: true,
} satisfies StatusOfStore;

test('stores stand worst first, closed ones below open ones of the same status, then by name', () => {
  const closed = { expectedOnline: false };
  const inOrder: [name: string, fields: Partial<StatusOfStore>][] = [
    ['z cut', { status: 'disconnected', reason: 'socket closed' }],
    ['lost', { status: 'disconnected', reason: 'heartbeat lost' }],
    ['lost too', { status: 'disconnected', reason: 'collector lost' }],
    ['closed and cut', { status: 'disconnected', reason: 'socket closed', ...closed }],
    ['unknown', { status: 'unknown', reason: 'HQ restarted' }],
    ['an unknown one, closed', { status: 'unknown', reason: 'HQ restarted', ...closed }],
    ['errors', { errorsOpen: 2 }],
    ['errors, schema', { schemaCompatible: false }],
    ['errors, quarantine', { quarantined: 1, ...closed }],
    ['behind', { behindIn: 'push' }],
    ['behind with pulls', { behindIn: 'pull' }],
    ['stale', { stale: true }],
    ['duplicate', { reason: 'duplicate store server' }],
    ['a new one', { status: 'never_connected' }],
    ['Chicago', {}],
    ['Chicago 2', {}],
    ['a closed one', closed],
    ['a shop without', { status: 'no_server', reason: 'no store server' }],
  ];
  const keys = inOrder.map(([name, fields]) => {
    const store = { ...well, name, storeId: 's', ...fields };
    return { name, key: sortKey(store, verdictOf(store)) };
  });
  const sorted = keys.toSorted((left, right) => (left.key < right.key ? -1 : 1));
  expect(sorted.map(({ name }) => name)).toEqual(inOrder.map(([name]) => name));
});
