import { eventually } from '../eventually.js';
import {
  hqDataDifferences,
  openEpisodes,
  pullCountDifferences,
  resyncDifferences,
  salesDifferences,
} from './audit.js';
import { CopyAudit } from './copies.js';
import type { DayStage } from './day-stage.js';
import { askPollMs } from './headquarters.js';
import { entities } from './hq-model.js';

const pushDeadlineMs = 300_000;
const pullDeadlineMs = 300_000;
const episodeDeadlineMs = 30_000;

/** What a day comes to when everything has settled. */
export interface Books {
  /** Records that all stores together have in their copies, each compared. */
  readonly copiedRecords: number;
  /** By HQ's count, every reading from the start included. */
  readonly pulledRecords: number;
  readonly resyncsDone: number;
  readonly differences: readonly string[];
}

/** What a run knows to be otherwise than after a day of kills alone. */
export interface Allowances {
  /** Stores of which HQ's count of pulls need not be what the line has seen. */
  readonly uncounted?: readonly string[];
  /** Resync jobs that need not have brought everything. */
  readonly brokenResyncs?: readonly string[];
}

/**
 * Waits until every store has pushed and pulled all there is, stops the agents, and compares: sales with the truth,
 * copies with what HQ has acknowledged, HQ's counts with the line. What never settles is a difference too.
 */
export async function closeBooks(
  stage: DayStage,
  { uncounted = [], brokenResyncs = [] }: Allowances = {},
): Promise<Books> {
  const { hq, desk, line, hosts, day, options } = stage;
  const differences: string[] = [];
  const settles = async (what: string, ask: () => Promise<unknown[]>, deadlineMs: number) => {
    await eventually(what, ask, (left) => left.length === 0, deadlineMs, askPollMs).catch((error: unknown) =>
      differences.push((error as Error).message),
    );
  };
  await settles(
    'every agent has pushed all it has',
    () => Promise.resolve(hosts.filter(({ done }) => !done).map(({ file }) => file)),
    pushDeadlineMs,
  );
  await settles(
    'every resync has ended',
    () =>
      hq.ask(`select store_id, state, percent from hq_view.resync_jobs where state in ('queued', 'running')`),
    pullDeadlineMs,
  );
  // For all stores and the last change: whoever has confirmed it has confirmed everything.
  for (const entity of entities)
    await desk.make({ kind: 'records', entity, lines: [{ id: 'closing', data: { seed: options.seed } }] });
  await settles(
    'every store has confirmed the last change',
    () =>
      hq.ask(
        `select store_id, entity, confirmed_position, head, scan_end, page_unconfirmed from hq_view.store_pulls
         where entity = any($1) and (confirmed_position <> head or scan_end is not null or page_unconfirmed)`,
        [entities],
      ),
    pullDeadlineMs,
  );
  await settles('every error episode is resolved', () => openEpisodes(hq), episodeDeadlineMs);
  await Promise.all(hosts.map((host) => host.process.stop()));

  const copies = new CopyAudit(desk.model);
  for (const host of hosts)
    for (const { storeId } of host.config.stores) copies.compare(host.dataDir(storeId), storeId);
  const resyncs = await resyncDifferences(hq, brokenResyncs);
  const pulls = await pullCountDifferences(hq, (storeId, entity) =>
    uncounted.includes(storeId) ? undefined : line.confirmedPages(stage.token(storeId), entity),
  );
  differences.push(
    ...copies.differences,
    ...(await salesDifferences(hq, day)),
    ...(await hqDataDifferences(hq, desk.model)),
    ...resyncs.differences,
    ...pulls.differences,
  );
  return {
    copiedRecords: copies.records,
    pulledRecords: pulls.records,
    resyncsDone: resyncs.done,
    differences,
  };
}
