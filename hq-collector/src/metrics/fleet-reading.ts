import type { StoreSample } from './store-sample.js';

/** The fleet at one moment: all that `/metrics/stores` is made from. Never changed in place. */
export interface FleetReading {
  /** Every store that is not archived, by id. */
  readonly stores: ReadonlyMap<string, StoreSample>;
  /** Resync jobs by state, those of archived stores included; a state without jobs may be missing. */
  readonly resyncJobs: ReadonlyMap<string, number>;
}
