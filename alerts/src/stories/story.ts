import type { World } from './world.js';

/** Something that happens to a chain, and who is told. */
export interface Story {
  readonly name: string;
  /** One sentence for the table of stories. */
  readonly what: string;
  readonly minutes: number;
  /** Stores by region; 10 in the north and 10 in the south without. */
  readonly regions?: Readonly<Record<string, number>>;
  readonly happens: (world: World) => unknown;
  /** Every alert of severity critical or warning that fires at any time, with its store or region. */
  readonly pages: readonly Page[];
  /** Those of them that still fire at the end. */
  readonly atEnd?: readonly Page[];
  /** Alerts that come close and must not fire. */
  readonly spares?: readonly string[];
}

/** `HqStoreDisconnected north-1`, `HqRegionOutage north`, `HqMassOutage`; with ` (2 times)` where it begins twice. */
export type Page = string;

export const defaultRegions = { north: 10, south: 10 };
