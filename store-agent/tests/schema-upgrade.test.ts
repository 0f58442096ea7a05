import { expect, test } from '@jest/globals';
import { outgoingVersion, upgradeData } from '../src/schema-upgrade.js';

test('a sale of version 1 becomes one of kind sale; other records stay as they are', () => {
  const old = { status: 'completed' };
  expect(upgradeData('sales', old, 1, 2)).toEqual({ kind: 'sale', status: 'completed' });
  expect(old).toEqual({ status: 'completed' });
  expect(upgradeData('sales', { kind: 'return' }, 1, 2)).toEqual({ kind: 'return' });
  expect(upgradeData('inventory_adjustments', { reason: 'x' }, 1, 2)).toEqual({ reason: 'x' });
});

test('a record goes out in the newest version that the agent can make of it', () => {
  expect(outgoingVersion(1, 2)).toBe(2);
  expect(outgoingVersion(1, 1)).toBe(1);
  expect(outgoingVersion(3, 2)).toBe(3);
  expect(outgoingVersion(0, 2)).toBe(0);
});
