import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../../eventually.js';
import { closeBooks } from '../closing.js';
import { askPollMs, type Headquarters } from '../headquarters.js';
import { HqWorkday } from '../hq-workday.js';
import { machinesSpeed, type MachineRun } from './machine-run.js';

const hourMs = 3_600_000;
const againDeadlineMs = 300_000;

/** HQ's database is restored from a backup that is an hour of the day old, in the middle of trade. */
export const restoredHq: MachineRun = {
  name: 'HQ restored from a backup an hour old',
  async play(stage) {
    const { hq, desk, day, storeIds } = stage;
    const { seed } = stage.options;
    await stage.startHosts(day.stores);
    await stage.everyStoreReady();
    await stage.openTills({ salesFile: day.salesFile, speed: machinesSpeed });
    const earlier = new HqWorkday(desk, storeIds, seed);
    await stage.soldShare(0.4);
    await earlier.stop();
    await hq.backUp();
    const backedUp = desk.model.copy();
    // A store that has carried such a job out since says so to an HQ that has not seen it.
    const underWay = await hq.ask<{ id: string }>(
      `select job_id as id from hq_view.resync_jobs where state in ('queued', 'running')`,
    );
    const brokenResyncs = underWay.map(({ id }) => id);

    const later = new HqWorkday(desk, storeIds, seed + 1);
    await sleep(hourMs / machinesSpeed); // the day's own pace
    await later.stop();
    const held = await heldSales(hq);
    await hq.restoreBackup();
    desk.model = backedUp; // what was changed since is gone with the database
    const restoredMs = performance.now();
    const left = await heldSales(hq);
    const lost = [...held].filter((sale) => !left.has(sale)).length;

    const afterwards = new HqWorkday(desk, storeIds, seed + 2);
    await eventually(
      'every sale that HQ had before the restore is there again',
      async () => {
        const now = await heldSales(hq);
        return [...held].filter((sale) => !now.has(sale)).length;
      },
      (missing) => missing === 0,
      againDeadlineMs,
      askPollMs,
    );
    const againSeconds = (performance.now() - restoredMs) / 1000;
    await stage.soldShare(1);
    await afterwards.stop();
    // HQ has forgotten pages that the line saw confirmed.
    const books = await closeBooks(stage, { uncounted: storeIds, brokenResyncs });
    const [broken] = await hq.ask<{ n: number }>(
      `select count(*)::int as n from hq_view.resync_jobs where state = 'failed'`,
    );
    return {
      ...books,
      happened: [
        `${held.size} sales at HQ before the restore, ${lost} of them lost by it`,
        `all there again ${againSeconds.toFixed(1)} s later`,
        `${later.changes} changes of HQ's data undone`,
        `${broken!.n} of ${brokenResyncs.length} resyncs that ran at the backup ended as failed`,
      ],
      differences: [
        ...books.differences,
        ...(lost === 0 ? ['the restore lost no sale: it proves nothing'] : []),
        ...(later.changes === 0 ? ['the restore undid no change: it proves nothing'] : []),
      ],
    };
  },
};

/** Each record with each of its revisions. */
async function heldSales(hq: Headquarters): Promise<Set<string>> {
  const rows = await hq.ask<{ sale: string }>(
    `select concat_ws(' ', store_id, record_id, revision) as sale from hq_view.pushed_records
     union select concat_ws(' ', store_id, record_id, revision) from hq_view.pushed_revisions`,
  );
  return new Set(rows.map(({ sale }) => sale));
}
