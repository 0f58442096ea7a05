import { cp, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { storeDir } from '@hq-sync/simulator/fleet';
import type { RealSale } from '@hq-sync/simulator/replay';
import { readReplay } from '@hq-sync/simulator/replay-file';
import { eventually } from '../../eventually.js';
import { busiestStores } from '../chain-data.js';
import { closeBooks } from '../closing.js';
import { askPollMs } from '../headquarters.js';
import { HqWorkday } from '../hq-workday.js';
import { machinesSpeed, type MachineRun } from './machine-run.js';

const cloned = 4;
const noon = 'T12:00:00';
const morningDeadlineMs = 180_000;
/** A store server that was replaced comes back after 60 to 75 s: that is one turn of two machines. */
const namedDeadlineMs = 300_000;

/**
 * Store servers are copied at noon, disk and all, and both machines go on, with one token and one instance id. Half of
 * the sales go through each, until HQ has named the stores and a person turns the copies off.
 */
export const clonedMachine: MachineRun = {
  name: 'store servers cloned',
  async play(stage) {
    const { hq, desk, day, folder } = stage;
    const { sales } = await readReplay(day.salesFile);
    const afternoon = sales.filter((sale) => !isOfMorning(sale));
    const busiest = busiestStores(day, cloned);
    const storeIds = busiest.map(({ id }) => id);
    const tradeOf = async (name: string, some: readonly RealSale[]) => {
      const salesFile = path.join(folder, `${name}.ndjson`);
      await writeFile(salesFile, some.map((sale) => `${JSON.stringify(sale)}\n`).join(''));
      return { salesFile, speed: machinesSpeed };
    };

    const others = await stage.startHosts(day.stores.filter(({ id }) => !storeIds.includes(id)));
    const morning = await stage.startHosts(busiest, { name: 'morning' });
    await stage.everyStoreReady();
    await stage.openTills({ salesFile: day.salesFile, speed: machinesSpeed }, others);
    await stage.openTills(await tradeOf('morning', sales.filter(isOfMorning)), morning);
    const workday = new HqWorkday(desk, stage.storeIds, stage.options.seed);
    await eventually(
      'the morning of the stores is over',
      () => morning.every((host) => host.done),
      (over) => over,
      morningDeadlineMs,
    );
    await stage.retire(morning);
    const clones = path.join(folder, 'clones');
    for (const storeId of storeIds)
      await cp(morning[0]!.dataDir(storeId), storeDir(clones, storeId), { recursive: true });

    const [left, right] = [0, 1].map((half) => afternoon.filter((_, index) => index % 2 === half));
    await stage.startHosts(busiest, { name: 'original', trade: await tradeOf('original', left!) });
    const copies = await stage.startHosts(busiest, {
      name: 'copy',
      dataDir: 'clones',
      trade: await tradeOf('copy', right!),
    });
    const clonedMs = performance.now();
    const named = await eventually(
      'HQ names every store with two machines, and the copies have pushed all they have',
      () =>
        hq.ask<{ id: string }>(
          `select store_id as id from hq_view.store_status where reason = 'duplicate store server' order by 1`,
        ),
      (rows) => storeIds.every((id) => rows.some((row) => row.id === id)) && copies.every(({ done }) => done),
      namedDeadlineMs,
      askPollMs,
    ).catch((error: unknown) => String(error));
    const namedSeconds = (performance.now() - clonedMs) / 1000;
    await stage.retire(copies);
    await stage.soldShare(1);
    await workday.stop();
    // Two machines confirm in turn what HQ keeps as one.
    const books = await closeBooks(stage, { uncounted: storeIds });
    const sold = (some: readonly RealSale[]) =>
      some.filter(({ storeId }) => storeIds.includes(storeId)).length;
    const alsoNamed = typeof named === 'string' ? [] : named.filter(({ id }) => !storeIds.includes(id));
    return {
      ...books,
      happened: [
        `${cloned} machines and their copies`,
        `all named after ${namedSeconds.toFixed(1)} s, ${alsoNamed.length} others`,
        `${sold(left!)} sales through the originals, ${sold(right!)} through the copies`,
      ],
      differences: [
        ...books.differences,
        ...(typeof named === 'string' ? [named] : []),
        ...alsoNamed.map(({ id }) => `store ${id} is named "duplicate store server", and has one machine`),
        ...(sold(right!) === 0 ? ['no sale went through the copies: it proves nothing'] : []),
      ],
    };
  },
};

const isOfMorning = ({ completedAtLocal }: RealSale): boolean => completedAtLocal.slice(10) < noon;
