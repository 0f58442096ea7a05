import { resyncStates } from '../sync/resync-state.js';
import { familyHeader, label } from './exposition-format.js';
import type { FleetReading } from './fleet-reading.js';
import { storeStatuses } from './store-sample.js';
import { everyTotal } from './total-series.js';

/** A metric family about the fleet as a whole, with one label; its few lines are rendered at every update. */
export interface FleetFamily {
  readonly name: string;
  readonly type: 'gauge';
  readonly help: string;
  readonly labels: readonly [string];
  /** Adds each series: its value, then the value of the label. */
  series(reading: FleetReading, add: (value: number, labelValue: string) => void): void;
}

/** Every family without series per store, in the order of the exposition, before those of the stores. */
export const fleetFamilies: readonly FleetFamily[] = [
  {
    name: 'hq_stores',
    type: 'gauge',
    help: 'Stores that are not archived, by status; each store counts once.',
    labels: ['status'],
    series({ stores }, add) {
      const counts = new Map<string, number>();
      for (const { status } of stores.values()) counts.set(status, (counts.get(status) ?? 0) + 1);
      everyTotal(storeStatuses, counts, add);
    },
  },
  {
    name: 'hq_resync_jobs',
    type: 'gauge',
    help: 'Resync jobs by state; those that have ended count until they are forgotten.',
    labels: ['state'],
    series({ resyncJobs }, add) {
      everyTotal(resyncStates, resyncJobs, add);
    },
  },
];

/** Headers and lines of these families. */
export function renderFleetFamilies(reading: FleetReading): Buffer {
  let text = '';
  for (const family of fleetFamilies) {
    text += familyHeader(family);
    family.series(reading, (value, labelValue) => {
      text += `${family.name}{${label(family.labels[0], labelValue)}} ${value}\n`;
    });
  }
  return Buffer.from(text);
}
