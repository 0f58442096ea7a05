import { noActivity } from './activity.js';
import { isEntityName } from './entity.js';
import { limits } from './limits.js';
import { businessDate, currency, instant, isCount, isId } from './primitives.js';
import type { Heartbeat } from './store-message.js';

/**
 * Whether `heartbeat` takes it just as it is, with no field to leave out. What is refused here may be taken there: the
 * schema decides, and says what is wrong. It makes 6 KB of garbage for one heartbeat, of which HQ reads thousands a
 * second; a property test holds the two to each other.
 */
export function isHeartbeat(value: unknown): value is Heartbeat {
  if (!hasFields(value, 8) || value['type'] !== 'heartbeat') return false;
  const { clock, openRegisters, lastSaleAt, queues, days, disk, withheldRecords } = value;
  return (
    isInstant(clock) &&
    isListOf(openRegisters, limits.maxOpenRegisters, isOpenRegister) &&
    isInstantOrNull(lastSaleAt) &&
    isListOf(queues, limits.maxQueues, isQueueStatus) &&
    isListOf(days, limits.maxDayTotals, isDayTotal) &&
    hasFields(disk, 2) &&
    isCount(disk['usedBytes']) &&
    isCount(disk['limitBytes']) &&
    isCount(withheldRecords)
  );
}

function isOpenRegister(value: unknown): boolean {
  if (!hasFields(value, 2) && !(hasFields(value, 3) && isId(value['cashierId']))) return false;
  return isId(value['terminalId']) && isInstant(value['openedAt']);
}

function isQueueStatus(value: unknown): boolean {
  return (
    hasFields(value, 6) &&
    isEntityName(value['entity']) &&
    (value['direction'] === 'push' || value['direction'] === 'pull') &&
    isCount(value['pendingRecords']) &&
    isInstantOrNull(value['oldestPendingAt']) &&
    isCount(value['attempt']) &&
    isInstantOrNull(value['nextTryAt'])
  );
}

function isDayTotal(value: unknown): boolean {
  return (
    hasFields(value, figures.length + 2) &&
    figures.every((name) => isCount(value[name])) &&
    businessDate.safeParse(value['businessDate']).success &&
    currency.safeParse(value['currency']).success
  );
}

const figures = Object.keys(noActivity);

/** Fields that are all required and as many as there are leave no room for an unknown one. */
function hasFields(value: unknown, count: number): value is Record<string, unknown> {
  return (
    value !== null &&
    typeof value === 'object' &&
    !Array.isArray(value) &&
    Object.keys(value).length === count
  );
}

function isListOf(value: unknown, most: number, is: (item: unknown) => boolean): boolean {
  return Array.isArray(value) && value.length <= most && value.every(is);
}

const isInstant = (value: unknown): boolean => instant.safeParse(value).success;
const isInstantOrNull = (value: unknown): boolean => value === null || isInstant(value);
