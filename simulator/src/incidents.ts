import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { fleetIncidents, type IncidentName } from './incident-name.js';
import { fleetScenarios, storeScenarios, type Act } from './programme.js';
import { randomOf } from './random.js';
import type { HqControl, ScenarioContext } from './scenarios/scenario.js';
import type { SimulatedStore } from './store.js';
import { unlessAborted } from './unless-aborted.js';

/** After the start: late enough that all was green once. */
const firstActAfterSeconds = 60;
/** From the end of an act to the beginning of the next. */
const quietSeconds = 40;
const theChain = 'The chain';
const untilSeconds = 60;
const untilPollSeconds = 0.1;

export type IncidentParts = Omit<ScenarioContext, 'pause' | 'until' | 'say' | 'random'> & {
  readonly seed: string;
  /** How much faster than by their own times the incidents come and go. */
  readonly pace: number;
  readonly log: Logger;
  /** `where`: the store's name, or the chain. */
  readonly onSay: (where: string, text: string) => void;
};

/** An incident with its stores. */
interface Performance {
  readonly incident: IncidentName;
  readonly where: string;
  readonly play: () => Promise<void>;
}

/** Plays the acts of a programme one after the other, again and again, until `stop`. */
export class Incidents {
  private readonly aborting = new AbortController();
  private readonly performances: readonly Performance[];
  private readonly ended: Promise<void>;

  constructor(
    stores: readonly SimulatedStore[],
    programme: readonly Act[],
    private readonly parts: IncidentParts,
  ) {
    this.performances = [...this.ofStores(stores), ...this.ofFleet(stores)];
    const left = programme.flat().filter(({ incident }) => !this.has(incident));
    if (left.length > 0)
      parts.onSay(theChain, `too short for ${left.map(({ incident }) => incident).join(', ')}`);
    this.ended = this.repeat(programme.filter((act) => act.some(({ incident }) => this.has(incident))));
  }

  /** Resolves when the incidents under way have been undone as far as they undo themselves. */
  async stop(): Promise<void> {
    this.aborting.abort();
    await this.ended;
  }

  private ofStores(stores: readonly SimulatedStore[]): Performance[] {
    return stores.flatMap((store) => {
      const { incident, name, storeId } = store.chainStore;
      if (incident === undefined) return [];
      const context = this.context(`${storeId}/${incident}`, name);
      return { incident, where: name, play: () => storeScenarios[incident](store, context) };
    });
  }

  private ofFleet(stores: readonly SimulatedStore[]): Performance[] {
    return fleetIncidents.flatMap((incident) => {
      const concerned = stores.filter(({ chainStore }) => chainStore.fleetIncidents.includes(incident));
      if (concerned.length === 0) return [];
      const context = this.context(incident, theChain);
      return { incident, where: theChain, play: () => fleetScenarios[incident](concerned, context) };
    });
  }

  private context(name: string, where: string): ScenarioContext {
    const { signal } = this.aborting;
    const { parts } = this;
    const pause = (seconds: number): Promise<unknown> => this.pause(seconds);
    return {
      ...parts,
      admin: parts.admin.withSignal(signal),
      ...(parts.hq === undefined ? {} : { hq: abortable(parts.hq, signal) }),
      random: randomOf(`${parts.seed}/${name}`),
      pause,
      until: async (what, holds) => {
        for (const deadline = performance.now() + untilSeconds * 1_000; !holds();) {
          if (performance.now() > deadline) throw new Error(`not within ${untilSeconds} s: ${what}`);
          await pause(untilPollSeconds);
        }
      },
      say: (text) => signal.aborted || parts.onSay(where, text),
    };
  }

  /** @throws AbortError at `stop`. */
  private pause(seconds: number): Promise<unknown> {
    return sleep((seconds * 1_000) / this.parts.pace, undefined, { signal: this.aborting.signal });
  }

  private has(name: IncidentName): boolean {
    return this.performances.some(({ incident }) => incident === name);
  }

  private async repeat(acts: readonly Act[]): Promise<void> {
    const { signal } = this.aborting;
    const wait = (seconds: number): Promise<unknown> => this.pause(seconds).catch(() => undefined);
    await wait(acts.length === 0 ? 0 : firstActAfterSeconds);
    for (let index = 0; acts.length > 0 && !signal.aborted; index += 1) {
      await this.play(acts[index % acts.length] ?? []);
      await wait(quietSeconds);
    }
  }

  private async play(act: Act): Promise<void> {
    const { signal } = this.aborting;
    const cues = act.flatMap(({ incident, afterSeconds }) =>
      this.performances
        .filter((performance) => performance.incident === incident)
        .map((performance) => ({ ...performance, afterSeconds })),
    );
    const playOne = async ({ incident, where, play, afterSeconds }: (typeof cues)[number]): Promise<void> => {
      try {
        await this.pause(afterSeconds);
        await play();
      } catch (error) {
        // HQ may be away just now; the next round starts from the beginning.
        if (!signal.aborted)
          this.parts.log.warn({ err: error, where, incident }, 'an incident could not be played out');
      }
    };
    await Promise.all(cues.map(playOne));
  }
}

function abortable(hq: HqControl, signal: AbortSignal): HqControl {
  return {
    backUp: () => unlessAborted(hq.backUp(), signal),
    restore: () => unlessAborted(hq.restore(), signal),
  };
}
