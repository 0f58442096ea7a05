import { listAudit } from './audit.js';
import { sendCommand } from './commands.js';
import type { Endpoint } from './endpoint.js';
import { acknowledgeError, listErrors } from './errors.js';
import { changeRecords } from './hq-data.js';
import { createHoliday, deleteHoliday, listHolidays } from './holidays.js';
import { endMaintenance, listMaintenance, startMaintenance } from './maintenance.js';
import { discardQuarantined, listQuarantine, replayQuarantined } from './quarantine.js';
import { listStoreSets, putStoreSet } from './store-sets.js';
import { cancelResync, forceResync, getResync, listResyncs } from './resync.js';
import { getStatus, listStatus } from './status.js';
import { archiveStore, changeStore, createStore, getStore, listStores } from './stores.js';
import { generateToken, listTokens, revokeToken } from './tokens.js';

/** Every route of `/admin/v1`. */
export const adminEndpoints: readonly Endpoint[] = [
  listStores,
  createStore,
  getStore,
  changeStore,
  archiveStore,
  listTokens,
  generateToken,
  revokeToken,
  listStatus,
  getStatus,
  sendCommand,
  listErrors,
  acknowledgeError,
  listQuarantine,
  replayQuarantined,
  discardQuarantined,
  changeRecords,
  listStoreSets,
  putStoreSet,
  forceResync,
  listResyncs,
  getResync,
  cancelResync,
  listMaintenance,
  startMaintenance,
  endMaintenance,
  listHolidays,
  createHoliday,
  deleteHoliday,
  listAudit,
];
