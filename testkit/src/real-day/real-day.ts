import { setTimeout as sleep } from 'node:timers/promises';
import type { ChainDay } from './chain-data.js';
import { closeBooks, type Books } from './closing.js';
import { DayStage } from './day-stage.js';
import { HqWorkday } from './hq-workday.js';
import { killPlan, type KillKind } from './kill-plan.js';

const dayMs = 24 * 3_600_000;
/** A kill with its pause, on a machine that has nothing else to do. */
const killMs = 5_500;

/**
 * Makes the day as long as the kills are about to take: what all stores took to read everything says how much longer
 * that is on this machine just now.
 */
const tradeSpeed = (kills: number, readyMs: number): number => dayMs / (kills * killMs + readyMs);

export interface RealDayReport extends Books {
  readonly seed: number;
  readonly seconds: number;
  readonly kills: Readonly<Record<KillKind, number>>;
  /** Batches that agents sent again. */
  readonly retries: number;
  /** Records that HQ answered as duplicates. */
  readonly duplicates: number;
  /** Records whose higher revision replaced a lower one. */
  readonly replaced: number;
  /** Changes of HQ's data that HQ has acknowledged during the day, and calls that had to be made again for it. */
  readonly changes: number;
  readonly repeatedCalls: number;
  /** Durability settings of the server, as it says them. */
  readonly durability: Readonly<Record<string, string>>;
}

export interface RealDayOptions {
  readonly kills: number;
  /** How many products of the chain's catalogue HQ has. */
  readonly products: number;
  readonly say?: (line: string) => void;
}

/**
 * Replays a real day through real agents, a real collector and a real PostgreSQL, while HQ changes its data and forces
 * resyncs, kills them all on the way, some between a commit and its answer, and compares every figure and every copy.
 */
export async function runRealDay(
  day: ChainDay,
  seed: number,
  { kills, products, say = () => undefined }: RealDayOptions,
): Promise<RealDayReport> {
  const startedMs = performance.now();
  const secondsSoFar = () => (performance.now() - startedMs) / 1000;
  const stage = await DayStage.set(day, { seed, products });
  const { hq, killer, desk, storeIds } = stage;
  try {
    await stage.startHosts(day.stores);
    const readyMs = await stage.everyStoreReady();
    await stage.openTills({ salesFile: day.salesFile, speed: tradeSpeed(kills, readyMs) });
    say(`${secondsSoFar().toFixed(1)} s: every store has its copy, the tills open`);
    const durability = await hq.durability();
    const workday = new HqWorkday(desk, storeIds, seed);
    for (const kill of killPlan(seed, kills)) {
      await sleep(kill.afterMs);
      const done = await killer.execute(kill, desk, storeIds);
      say(`${secondsSoFar().toFixed(1)} s: ${done ? 'killed' : 'nothing came to kill at:'} ${kill.kind}`);
    }
    await workday.stop();
    say(`${secondsSoFar().toFixed(1)} s: HQ has made ${workday.changes} changes; closing`);
    const books = await closeBooks(stage);
    const [sums] = await hq.ask<{ duplicates: number; replaced: number }>(
      'select sum(duplicate)::int as duplicates, sum(replaced)::int as replaced from hq_view.sync_log',
    );
    return {
      ...books,
      ...sums!,
      seed,
      seconds: Math.round(secondsSoFar()),
      kills: killer.kills,
      retries: stage.hosts.reduce((sum, host) => sum + host.retries, 0),
      changes: workday.changes,
      repeatedCalls: desk.repeated,
      durability,
    };
  } finally {
    await stage.strike();
  }
}
