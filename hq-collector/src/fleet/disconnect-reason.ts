/**
 * Why a store was disconnected, in the words that every view, metric and log uses. Each is exported as 0 from a
 * store's first scrape on, or its first disconnect would be no increase to Prometheus.
 */
export const disconnectReasons = [
  'socket closed',
  'agent stopped',
  'token revoked',
  'token expired',
  'token superseded',
  'replaced',
  'network silent',
  'heartbeat lost',
  'HQ shutting down',
  'protocol error',
  'frame too large',
  'store archived',
  'collector lost',
  'slow reader',
] as const;
export type DisconnectReason = (typeof disconnectReasons)[number];
