import { familyHeader, label } from './exposition-format.js';
import { storeStatuses, type StoreSample, type StoreStatus } from './store-sample.js';

/** The one family about the fleet as a whole; its five lines are rendered at every update. */
export const fleetSummaryFamily = {
  name: 'hq_stores',
  type: 'gauge',
  help: 'Stores that are not archived, by status; each store counts once.',
  labels: ['status'],
} as const;

/** Header and lines of hq_stores, every status included. */
export function renderFleetSummary(fleet: Iterable<StoreSample>): Buffer {
  const stores = new Map<StoreStatus, number>(storeStatuses.map((status) => [status, 0]));
  for (const { status } of fleet) stores.set(status, (stores.get(status) ?? 0) + 1);
  let text = familyHeader(fleetSummaryFamily);
  for (const [status, count] of stores)
    text += `${fleetSummaryFamily.name}{${label('status', status)}} ${count}\n`;
  return Buffer.from(text);
}
