import { setTimeout as sleep } from 'node:timers/promises';
import type { IncidentName } from './demo-chain.js';
import { randomOf } from './random.js';
import { badRecord } from './scenarios/bad-record.js';
import { offlineAndBack } from './scenarios/offline-and-back.js';
import { oldSchema } from './scenarios/old-schema.js';
import { oversizedBatch } from './scenarios/oversized-batch.js';
import { revokedToken } from './scenarios/revoked-token.js';
import type { Scenario, ScenarioContext } from './scenarios/scenario.js';
import { silentNetwork } from './scenarios/silent-network.js';
import type { SimulatedStore } from './store.js';

/** When each incident first comes, in seconds after the start: late enough that all was green once. */
const schedule: Record<IncidentName, { readonly scenario: Scenario; readonly firstAfterSeconds: number }> = {
  'offline-and-back': { scenario: offlineAndBack, firstAfterSeconds: 60 },
  'bad-record': { scenario: badRecord, firstAfterSeconds: 65 },
  'silent-network': { scenario: silentNetwork, firstAfterSeconds: 70 },
  'revoked-token': { scenario: revokedToken, firstAfterSeconds: 80 },
  'old-schema': { scenario: oldSchema, firstAfterSeconds: 85 },
  'oversized-batch': { scenario: oversizedBatch, firstAfterSeconds: 90 },
};
/** From the end of an incident to its next beginning. */
const quietSeconds = 120;

export type IncidentParts = Omit<ScenarioContext, 'pause' | 'say' | 'random'> & {
  readonly seed: string;
  readonly onSay: (storeName: string, text: string) => void;
};

/** Puts the scripted stores through their incidents, again and again, until `stop`. */
export class Incidents {
  private readonly aborting = new AbortController();
  private readonly ended: Promise<unknown>;

  constructor(stores: readonly SimulatedStore[], parts: IncidentParts) {
    this.ended = Promise.all(stores.map((store) => this.repeat(store, parts)));
  }

  /** Resolves when the incidents under way have been undone as far as they undo themselves. */
  async stop(): Promise<void> {
    this.aborting.abort();
    await this.ended;
  }

  private async repeat(store: SimulatedStore, parts: IncidentParts): Promise<void> {
    const { incident, name, storeId } = store.chainStore;
    if (incident === undefined) return;
    const { scenario, firstAfterSeconds } = schedule[incident];
    const { signal } = this.aborting;
    const context: ScenarioContext = {
      ...parts,
      random: randomOf(`${parts.seed}/${storeId}/${incident}`),
      pause: (seconds) => sleep(seconds * 1_000, undefined, { signal }),
      say: (text) => signal.aborted || parts.onSay(name, text),
    };
    for (let waitSeconds = firstAfterSeconds; !signal.aborted; waitSeconds = quietSeconds) {
      try {
        await context.pause(waitSeconds);
        await scenario(store, context);
      } catch (error) {
        // HQ may be away just now; the next round starts from the beginning.
        if (!signal.aborted)
          parts.log.warn({ err: error, storeId, incident }, 'an incident could not be played out');
      }
    }
  }
}
