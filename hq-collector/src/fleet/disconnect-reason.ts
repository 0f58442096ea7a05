/** Why a store was disconnected, in the words that every view, metric and log uses. */
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
