import type { Bench } from './bench.js';
import { metricsStores } from './metrics-stores.js';
import { pull } from './pull.js';
import { push } from './push.js';
import { resync } from './resync.js';
import { sockets } from './sockets.js';

/** All benches, in the order of the table. A new one is added here. */
export const benches: readonly Bench[] = [metricsStores, push, pull, resync, sockets];
