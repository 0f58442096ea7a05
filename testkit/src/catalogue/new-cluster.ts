import { compareCopies } from './identical-copies.js';
import { allUpToDate } from './idle-stores.js';
import { appliedBoundMs, pulledRecords, timeOnePrice, wait, type CatalogueStage } from './stage.js';

const changes = 10;
const askDeadlineMs = 300_000;

/** HQ's database is dumped and restored into a new cluster; the stores go on there from the cursors that they have. */
export async function moveToNewCluster(stage: CatalogueStage): Promise<void> {
  const { hq, report, say } = stage;
  await allUpToDate(stage);
  const before = await pulledRecords(stage);
  const epochBefore = await epoch(stage);
  const versionBefore = await version(stage);
  const movedMs = performance.now();
  await hq.moveToNewCluster();
  const [{ now }] = (await hq.ask<{ now: Date }>('select clock_timestamp() as now')) as [{ now: Date }];
  const seconds = ((performance.now() - movedMs) / 1_000).toFixed(0);
  report.facts.push({
    what: `s for the dump, its restore and the collector's start (${versionBefore} to ${await version(stage)})`,
    figure: seconds,
  });
  say(`HQ is on its new cluster, ${seconds} s`);
  if ((await epoch(stage)) !== epochBefore) report.faults.push('the restored HQ has another epoch');

  await wait(
    'every store has asked the new cluster for each entity',
    async () => {
      const [row] = await hq.ask<{ n: number }>(
        `select count(*)::int as n from hq_view.store_entities e
         join hq_view.store_pulls p using (store_id, entity)
         where e.direction = 'pull' and p.head > 0 and (e.last_success_at < $1) is not false`,
        [now],
      );
      return row!.n;
    },
    (left) => left === 0,
    askDeadlineMs,
  );
  await allUpToDate(stage);
  const after = await pulledRecords(stage);
  const again = grownOtherwise(before, after, 0);
  report.facts.push({
    what: 'stores that pulled a record again after the restore',
    figure: String(again.length),
  });
  if (again.length > 0) report.faults.push(`records pulled again from the restored HQ: ${again.join(', ')}`);

  const tookMs: number[] = [];
  for (let change = 0; change < changes; change += 1) tookMs.push(...(await timeOnePrice(stage)));
  report.measured.push({
    what: `one price changed, ${changes} times, on the new cluster`,
    boundMs: appliedBoundMs,
    tookMs,
  });
  await allUpToDate(stage);
  const other = grownOtherwise(before, await pulledRecords(stage), changes);
  if (other.length > 0)
    report.faults.push(`records pulled after the restore, not ${changes}: ${other.join(', ')}`);
  await compareCopies(stage, 'at the end');
}

/** Stores whose count did not grow by exactly so many, with what it grew by. */
function grownOtherwise(
  before: ReadonlyMap<string, number>,
  after: ReadonlyMap<string, number>,
  growth: number,
): string[] {
  return [...after]
    .map(([storeId, count]) => ({ storeId, grown: count - (before.get(storeId) ?? 0) }))
    .filter(({ grown }) => grown !== growth)
    .map(({ storeId, grown }) => `store ${storeId} ${grown}`);
}

async function epoch({ hq }: CatalogueStage): Promise<string> {
  return (await hq.ask<{ epoch: string }>('select epoch::text from hq.headquarters'))[0]!.epoch;
}

async function version({ hq }: CatalogueStage): Promise<string> {
  const [row] = await hq.ask<{ version: string }>(`select split_part(version(), ' on ', 1) as version`);
  return row!.version;
}
