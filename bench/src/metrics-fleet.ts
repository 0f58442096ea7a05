import { initialEntities } from '@hq-sync/protocol/entity';
import { disconnectReasons } from '@hq-sync/hq-collector/fleet/disconnect-reason';
import type { StoreSample } from '@hq-sync/hq-collector/metrics/store-sample';

/** A fleet that has been running for a while, all connected: the same for every contender. */
export function makeFleet(stores: number): Map<string, StoreSample> {
  const knownEntities = initialEntities.map(({ name, direction }) => ({ entity: name, direction }));
  const fleet = new Map<string, StoreSample>();
  for (let n = 0; n < stores; n++) {
    const storeId = `store-${String(n).padStart(5, '0')}`;
    fleet.set(storeId, {
      storeId,
      name: `Store ${n} "Main Street"`,
      region: `region-${n % 12}`,
      timezone: 'America/Mexico_City',
      hasServer: true,
      status: 'connected',
      expectedOnline: true,
      duplicateServer: false,
      tokenExpiresAt: null,
      agentVersion: '0.1.0',
      schemaVersion: 12,
      schemaCompatible: true,
      clockSkewSeconds: -0.321,
      lastHeartbeatAt: startedAt,
      lastSaleAt: startedAt - (n % 600),
      connectsTotal: n % 17,
      disconnectsTotal: new Map(disconnectReasons.map((reason, i) => [reason, (n + i) % 5])),
      knownEntities,
      entityTotals: new Map(
        knownEntities.map(({ entity }, i) => [
          entity,
          { lastSuccessAt: startedAt - ((n + i) % 300), recordsTotal: n * 100 + i },
        ]),
      ),
      errorsTotal: new Map([['network_timeout', n % 9]]),
      errorsOpen: new Map(),
      pushPendingRecords: n % 4,
      pushOldestPendingAt: n % 4 === 0 ? null : startedAt - 3,
      pullPendingRecords: n % 3,
      pullOldestPendingAt: n % 3 === 0 ? null : startedAt - 2,
      openRegisters: n % 6,
    });
  }
  return fleet;
}

/** What happens between two scrapes: every second store has sent a heartbeat. Returns the changed stores. */
export function heartbeatEverySecondStore(fleet: Map<string, StoreSample>, round: number): StoreSample[] {
  const changed = [...fleet.values()]
    .filter((_, i) => i % 2 === round % 2)
    .map((store) => ({ ...store, lastHeartbeatAt: startedAt + round * 15 + 0.123 }));
  for (const store of changed) fleet.set(store.storeId, store);
  return changed;
}

const startedAt = 1_795_000_000.5;
