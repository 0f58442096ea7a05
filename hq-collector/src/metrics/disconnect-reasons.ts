/**
 * Why a connection ended, in the words of hq.store_connection and hq.store_disconnect_total. Each is exported as 0
 * from a store's first scrape on, or its first disconnect would be no increase to Prometheus. A reason that is in the
 * database but not here (a newer replica's) is exported from its first time on.
 */
export const disconnectReasons = [
  'socket closed',
  'agent stopped',
  'token revoked',
  'replaced',
  'network silent',
  'heartbeat lost',
  'HQ shutting down',
  'protocol error',
  'frame too large',
  'store archived',
  'collector lost',
] as const;
