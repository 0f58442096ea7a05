import { rm } from 'node:fs/promises';
import { busiestStores } from '../chain-data.js';
import { closeBooks } from '../closing.js';
import type { DayStage } from '../day-stage.js';
import { HqWorkday } from '../hq-workday.js';
import { machinesSpeed, type MachineRun } from './machine-run.js';

const replaced = 4;

/**
 * Store servers whose disks are lost: the new machines have the old tokens and nothing else, and the tills write the
 * day's sales again.
 */
export const replacedMachine: MachineRun = {
  name: 'store servers replaced',
  async play(stage) {
    const { hq, desk, day, storeIds } = stage;
    const busiest = busiestStores(day, replaced);
    const replacedIds = busiest.map(({ id }) => id);
    await stage.startHosts(day.stores.filter(({ id }) => !replacedIds.includes(id)));
    const [host] = await stage.startHosts(busiest, { name: 'replaced' });
    await stage.everyStoreReady();
    await stage.openTills({ salesFile: day.salesFile, speed: machinesSpeed });
    const workday = new HqWorkday(desk, storeIds, stage.options.seed);
    await stage.soldShare(0.5);

    const before = await stateOf(stage, replacedIds);
    await host!.down();
    for (const storeId of replacedIds) await rm(host!.dataDir(storeId), { recursive: true });
    host!.process.up();

    await stage.soldShare(1);
    await workday.stop();
    const books = await closeBooks(stage);
    const after = await stateOf(stage, replacedIds);
    const duplicates = after.duplicates - before.duplicates;
    const [pulled] = await hq.ask<{ least: number }>(
      `select min(records_pulled)::int as least from hq_view.stores where store_id = any($1)`,
      [replacedIds],
    );
    return {
      ...books,
      happened: [
        `${replaced} machines with empty disks`,
        `${before.sales} sales of theirs at HQ before, ${duplicates} records known again`,
        `at least ${pulled!.least} records pulled by each`,
      ],
      differences: [
        ...books.differences,
        ...replacedIds
          .filter((storeId) => before.instances.get(storeId) === after.instances.get(storeId))
          .map((storeId) => `store ${storeId} has its old instance: nothing was replaced`),
        ...(duplicates < before.sales ? ['the tills did not write all old sales again'] : []),
      ],
    };
  },
};

async function stateOf({ hq }: DayStage, storeIds: readonly string[]) {
  const stores = await hq.ask<{ id: string; instance: string }>(
    'select store_id as id, instance_id as instance from hq_view.stores where store_id = any($1)',
    [storeIds],
  );
  const [sums] = await hq.ask<{ sales: number; duplicates: number }>(
    `select (select count(*)::int from hq_view.pushed_records where store_id = any($1)) as sales,
       (select coalesce(sum(duplicate), 0)::int from hq_view.sync_log where store_id = any($1)) as duplicates`,
    [storeIds],
  );
  return { ...sums!, instances: new Map(stores.map(({ id, instance }) => [id, instance])) };
}
