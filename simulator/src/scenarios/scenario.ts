import type { Logger } from 'pino';
import type { AdminClient } from '../admin-client.js';
import type { Random } from '../random.js';
import type { SimulatedStore } from '../store.js';

export interface ScenarioContext {
  readonly admin: AdminClient;
  readonly random: Random;
  readonly log: Logger;
  /** Waits some seconds. @throws AbortError when the simulator stops. */
  pause(seconds: number): Promise<unknown>;
  /** Tells a watching person what is being done to the store. */
  say(text: string): void;
  /** A new token must outlive the simulator: HQ shows it once. */
  rememberToken(storeId: string, token: { tokenId: string; token: string }): Promise<void>;
}

/** One incident from its cause to its cure. It can be run again, and leaves the store as it found it. */
export type Scenario = (store: SimulatedStore, context: ScenarioContext) => Promise<void>;
