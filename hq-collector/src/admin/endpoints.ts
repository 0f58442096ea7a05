import { createAdminToken, listAdminTokens, revokeAdminToken } from './admin-tokens.js';
import { listAudit } from './audit.js';
import { sendCommand } from './commands.js';
import type { Endpoint } from './endpoint.js';
import { createEnrolmentCode } from './enrolment.js';
import { acknowledgeError, assignError, getError, listErrors, retryError } from './errors.js';
import { changeRecords } from './hq-data.js';
import { createHoliday, deleteHoliday, listHolidays } from './holidays.js';
import { endMaintenance, listMaintenance, startMaintenance } from './maintenance.js';
import { discardQuarantined, getQuarantined, listQuarantine, replayQuarantined } from './quarantine.js';
import { getStoreSet, listStoreSets, putStoreSet } from './store-sets.js';
import { cancelResync, forceResync, getResync, listResyncs } from './resync.js';
import { previewResync } from './resync-preview.js';
import {
  cancelRollout,
  getRollout,
  listRollouts,
  pauseRollout,
  resumeRollout,
  startRollout,
} from './rollouts.js';
import { getStatus, listStatus } from './status.js';
import { archiveStore, changeStore, createStore, getStore, listStores } from './stores.js';
import {
  generateToken,
  listAllTokens,
  listTokens,
  revokeToken,
  rotateToken,
  rotateTokens,
} from './tokens.js';

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
  rotateToken,
  listAllTokens,
  rotateTokens,
  createEnrolmentCode,
  listStatus,
  getStatus,
  sendCommand,
  listErrors,
  getError,
  acknowledgeError,
  assignError,
  retryError,
  listQuarantine,
  getQuarantined,
  replayQuarantined,
  discardQuarantined,
  changeRecords,
  listStoreSets,
  getStoreSet,
  putStoreSet,
  previewResync,
  forceResync,
  listResyncs,
  getResync,
  cancelResync,
  startRollout,
  listRollouts,
  getRollout,
  pauseRollout,
  resumeRollout,
  cancelRollout,
  listMaintenance,
  startMaintenance,
  endMaintenance,
  listHolidays,
  createHoliday,
  deleteHoliday,
  listAudit,
  listAdminTokens,
  createAdminToken,
  revokeAdminToken,
];
