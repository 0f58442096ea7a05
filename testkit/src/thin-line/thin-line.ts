import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../eventually.js';
import type { Stage } from '../red-green/stage.js';
import { compareTotals } from './compare-totals.js';
import { ThinStore, type StatusChange } from './thin-store.js';

/** More than the line carries: a batch of 500 takes at least 5 s. */
const salesPerMinute = 5_000;
const minuteMs = 60_000;
const connectDeadlineMs = 60_000;
const drainDeadlineMs = 600_000;

export interface StoreReport {
  readonly storeId: string;
  /** Since the first green. */
  readonly changes: readonly StatusChange[];
  readonly connects: number;
  readonly batches: number;
  readonly retries: number;
  readonly accepted: number;
  readonly acceptedInTheLastMinute: number;
  readonly pending: number;
  readonly pushedBytesInTheLastMinute: number;
  readonly bytesToHq: { readonly socket: number; readonly push: number };
  readonly bytesToStore: number;
  readonly segments: number;
  readonly lost: number;
  readonly stallsMs: readonly number[];
  readonly longestGapMs: number;
  readonly longestSocketGapMs: number;
  readonly longestGapTrace: readonly string[];
}

export interface ThinLineReport {
  readonly stores: readonly StoreReport[];
  /** Codes of failed sync operations, with their numbers. */
  readonly syncErrors: readonly string[];
  /** How late this process, and so the lines, ever was. */
  readonly latestMs: number;
  /** What HQ holds after the rest came over a fast line, against what the stores had; empty when all is exact. */
  readonly differences: readonly string[];
}

export interface ThinLineOptions {
  readonly minutes: number;
  readonly stores: number;
  readonly seed: string;
  readonly say: (line: string) => void;
}

/** Real store servers with a backlog, each behind a thin line, for some minutes; then fast lines, and all is compared. */
export async function runThinLine(
  stage: Stage,
  { minutes, stores: count, seed, say }: ThinLineOptions,
): Promise<ThinLineReport> {
  const sales = Math.ceil(minutes * salesPerMinute);
  const stores: ThinStore[] = [];
  const lateness = monitorEventLoopDelay({ resolution: 10 });
  try {
    for (let number = 1; number <= count; number += 1)
      stores.push(await ThinStore.prepare(stage, `thin-${number}`, sales, `${seed} ${number}`));
    say(`${count} queues hold ${sales} sales each`);

    lateness.enable();
    for (const store of stores) store.connect();
    await eventually(
      'every store connects',
      () => stores.filter(({ changes }) => changes.length > 0).length,
      (connected) => connected === count,
      connectDeadlineMs,
    );
    const startMs = performance.now();
    let aMinuteBefore: number[] = [];
    for (let minute = 1; minute <= minutes; minute += 1) {
      aMinuteBefore = stores.map(({ progress }) => progress!.counters.accepted);
      await sleep(Math.max(0, startMs + minute * minuteMs - performance.now()));
      say(`${minute} min: ${summaryOf(stores)}`);
    }
    lateness.disable();
    const reports = stores.map((store, index) => reportOf(store, aMinuteBefore[index]!));
    const syncErrors = await countSyncErrors(stage);

    for (const store of stores) store.widenLine();
    say('the lines are fast now');
    await eventually(
      'the stores have pushed all they have',
      () => stores.filter((store) => !store.hasPushedAll).length,
      (pushing) => pushing === 0,
      drainDeadlineMs,
    );
    const differences: string[] = [];
    for (const store of stores) differences.push(...(await compareTotals(stage.pool, store)));
    return { stores: reports, syncErrors, latestMs: lateness.max / 1e6, differences };
  } finally {
    await Promise.all(stores.map((store) => store.stop()));
  }
}

function summaryOf(stores: readonly ThinStore[]): string {
  const sum = (of: (store: ThinStore) => number) => stores.reduce((total, store) => total + of(store), 0);
  const longestGapMs = Math.max(...stores.map(({ recorder }) => recorder.arrivals.longestGapMs));
  return [
    `${sum(({ progress }) => progress!.counters.batches)} batches`,
    `${sum(({ progress }) => progress!.counters.retries)} sent again`,
    `${sum(({ changes }) => changes.length - 1)} status changes`,
    `longest time without a byte ${Math.round(longestGapMs)} ms`,
  ].join(', ');
}

function reportOf(store: ThinStore, acceptedAMinuteBefore: number): StoreReport {
  const { storeId, changes, recorder } = store;
  const { arrivals } = recorder;
  const { counters, pending } = store.progress!;
  return {
    storeId,
    changes: changes.map((change) => ({ ...change, atMs: change.atMs - changes[0]!.atMs })),
    connects: counters.connects,
    batches: counters.batches,
    retries: counters.retries,
    accepted: counters.accepted,
    acceptedInTheLastMinute: counters.accepted - acceptedAMinuteBefore,
    pending,
    pushedBytesInTheLastMinute: arrivals.pushedBytes(),
    bytesToHq: { ...arrivals.bytes },
    bytesToStore: recorder.bytesToStore,
    segments: recorder.segments,
    lost: recorder.lostSegments,
    stallsMs: recorder.stallsMs,
    longestGapMs: arrivals.longestGapMs,
    longestSocketGapMs: arrivals.longestSocketGapMs,
    longestGapTrace: recorder.longestGapTrace,
  };
}

async function countSyncErrors(stage: Stage): Promise<string[]> {
  const { rows } = await stage.pool.query<{ code: string; n: number }>(
    'select code, count(*)::int as n from hq_view.sync_errors group by code order by code',
  );
  return rows.map(({ code, n }) => `${code} ${n}`);
}
