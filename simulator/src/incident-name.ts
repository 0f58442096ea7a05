/** What can happen to one store. */
export const storeIncidents = [
  'offline-and-back',
  'silent-network',
  'bad-record',
  'old-schema',
  'revoked-token',
  'oversized-batch',
  'slow-line',
  'replaced-machine',
  'cloned-machine',
] as const;
export type StoreIncident = (typeof storeIncidents)[number];

/** What can happen to several stores at once. */
export const fleetIncidents = ['update-wave', 'region-cut', 'hq-restored'] as const;
export type FleetIncident = (typeof fleetIncidents)[number];

export type IncidentName = StoreIncident | FleetIncident;
