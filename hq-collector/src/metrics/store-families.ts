import { claimFamilies } from './claim-families.js';
import { connectionFamilies } from './connection-families.js';
import type { StoreFamily } from './store-family.js';
import { syncFamilies } from './sync-families.js';

/** Every family with series per store, in the order of the exposition. */
export const storeFamilies: readonly StoreFamily[] = [
  ...connectionFamilies,
  ...syncFamilies,
  ...claimFamilies,
];
