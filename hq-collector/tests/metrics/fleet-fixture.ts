import type { FleetReading } from '../../src/metrics/fleet-reading.js';
import type { StoreSample } from '../../src/metrics/store-sample.js';

const knownEntities = [
  { entity: 'products', direction: 'pull' },
  { entity: 'sales', direction: 'push' },
] as const;

/** A store that is connected and well, but for what is given. */
export function makeSample(given: Partial<StoreSample> = {}): StoreSample {
  return {
    storeId: 'store-1',
    name: 'Main Street',
    region: 'north',
    timezone: 'America/Mexico_City',
    hasServer: true,
    status: 'connected',
    expectedOnline: true,
    duplicateServer: false,
    tokenExpiresAt: 1_826_000_000.5,
    agentVersion: '1.2.3',
    schemaVersion: 12,
    schemaCompatible: true,
    clockSkewSeconds: -0.25,
    lastHeartbeatAt: 1_795_000_000.123,
    lastSaleAt: 1_794_999_990,
    connectsTotal: 3,
    disconnectsTotal: new Map([['socket closed', 2]]),
    knownEntities,
    entityTotals: new Map([['sales', { lastSuccessAt: 1_794_999_995.5, recordsTotal: 1234 }]]),
    errorsTotal: new Map([['overloaded', 7]]),
    errorsOpen: new Map([['overloaded', 2]]),
    pushPendingRecords: 4,
    pushOldestPendingAt: 1_794_999_999,
    pullPendingRecords: 9,
    pullOldestPendingAt: 1_794_999_000,
    openRegisters: 2,
    ...given,
  };
}

/** A store that was never issued a token. */
export function makeSampleWithoutServer(given: Partial<StoreSample> = {}): StoreSample {
  return makeSample({
    hasServer: false,
    status: 'no_server',
    tokenExpiresAt: null,
    agentVersion: null,
    schemaVersion: null,
    schemaCompatible: null,
    clockSkewSeconds: null,
    lastHeartbeatAt: null,
    lastSaleAt: null,
    connectsTotal: 0,
    disconnectsTotal: new Map(),
    entityTotals: new Map(),
    errorsTotal: new Map(),
    errorsOpen: new Map(),
    pushPendingRecords: 0,
    pushOldestPendingAt: null,
    pullPendingRecords: 0,
    pullOldestPendingAt: null,
    openRegisters: null,
    ...given,
  });
}

/** A reading of these stores, in which no resync was ever asked for. */
export function fleetOf(...samples: StoreSample[]): FleetReading {
  return readingOf(new Map(samples.map((sample) => [sample.storeId, sample])));
}

export function readingOf(stores: FleetReading['stores']): FleetReading {
  return { stores, resyncJobs: new Map() };
}
