import type { StoreRow } from '../src/store-row.js';

/** A store that is fine; a test names what differs. */
export function storeRow(differs: Partial<StoreRow> = {}): StoreRow {
  return {
    storeId: 's1',
    name: 'Denver',
    timezone: 'America/Denver',
    currency: 'USD',
    status: 'connected',
    reason: null,
    statusSince: null,
    expectedOnline: true,
    synced: true,
    lastSyncAt: new Date('2026-06-01T12:00:00Z'),
    errorsOpen: 0,
    quarantined: 0,
    withheld: 0,
    pending: 0,
    schemaVersion: 2,
    schemaCompatible: true,
    openRegisters: 2,
    salesCount: 10n,
    grossMinor: 123_456n,
    taxMinor: 700n,
    discountMinor: 50n,
    voidCount: 1n,
    voidMinor: 999n,
    ...differs,
  };
}
