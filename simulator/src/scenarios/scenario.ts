import type { AdminClient } from '../admin-client.js';
import type { Random } from '../random.js';
import type { SimulatedStore } from '../store.js';

/** Whoever runs HQ; a restore takes back all that has come to HQ's database since the backup. */
export interface HqControl {
  backUp(): Promise<void>;
  restore(): Promise<void>;
}

export interface ScenarioContext {
  readonly admin: AdminClient;
  readonly random: Random;
  /** Of the HQ that the stores sync with; absent when its database is in nobody's hands. */
  readonly hq?: HqControl;
  /** Waits some seconds. @throws AbortError when the simulator stops. */
  pause(seconds: number): Promise<unknown>;
  /** Waits until it holds. @throws Error naming `what` after a minute, AbortError when the simulator stops. */
  until(what: string, holds: () => boolean): Promise<void>;
  /** Tells a watching person what is being done. */
  say(text: string): void;
  /** A new token must outlive the simulator: HQ shows it once. */
  rememberToken(storeId: string, token: { tokenId: string; token: string }): Promise<void>;
}

/** One incident from its cause to its cure. It can be run again, and leaves the store as it found it. */
export type Scenario = (store: SimulatedStore, context: ScenarioContext) => Promise<void>;

/** The same, of several stores at once; at least one. */
export type FleetScenario = (stores: readonly SimulatedStore[], context: ScenarioContext) => Promise<void>;
