import { catalogueEntities } from './chain-catalogue.js';
import { compareCopies } from './identical-copies.js';
import { createStores, pulledRecords, storesUpToDate, upload, wait, type CatalogueStage } from './stage.js';

const agents = 108;
const agentsPerHost = 18;
const changedPrices = 1_000;
/** The prices change when this share of all that there is to pull has been pulled. */
const shareBefore = 0.3;
const pullDeadlineMs = 3_600_000;

const total = (counts: ReadonlyMap<string, number>): number =>
  [...counts.values()].reduce((sum, count) => sum + count, 0);

/** Agents with empty disks pull the whole catalogue, and prices change while they do. */
export async function firstPull(stage: CatalogueStage): Promise<void> {
  const { catalogue, hosts, prices, report, say } = stage;
  const uploadedMs = performance.now();
  for (const entity of catalogueEntities) await upload(stage, entity, catalogue.records[entity]);
  const records = catalogueEntities.reduce((sum, entity) => sum + catalogue.records[entity].length, 0);
  report.facts.push({
    what: `s until HQ has published ${records} records`,
    figure: secondsSince(uploadedMs),
  });
  say(`${records} records are published, ${secondsSince(uploadedMs)} s`);

  const created = await createStores(stage, catalogue.stores.slice(0, agents));
  const pulledMs = performance.now();
  await hosts.add(created, agentsPerHost);
  await wait(
    'the agents pull',
    async () => total(await pulledRecords(stage)),
    (pulled) => pulled >= shareBefore * agents * records,
    pullDeadlineMs,
  );
  const before = await pulledRecords(stage);
  await upload(stage, 'products', prices.change(changedPrices));
  const after = await pulledRecords(stage);
  const share = (counts: ReadonlyMap<string, number>) =>
    `${((100 * total(counts)) / (agents * records)).toFixed(0)} %`;
  say(`${changedPrices} prices are changed; ${share(before)} were pulled before, ${share(after)} after`);
  report.facts.push({
    what: `pulled when ${changedPrices} prices began to change, and when they had changed`,
    figure: `${share(before)}, ${share(after)}`,
  });
  if ([...after.values()].some((count) => count >= records))
    report.faults.push(
      'a store had pulled everything before the prices had changed: they prove nothing for it',
    );

  await wait(
    'every agent has everything',
    () => storesUpToDate(stage),
    (count) => count === agents,
    pullDeadlineMs,
  );
  say(`${agents} agents have everything, ${secondsSince(pulledMs)} s`);
  report.facts.push({
    what: `s until ${agents} agents with empty disks have everything`,
    figure: secondsSince(pulledMs),
  });
  await compareCopies(stage, 'after the first pull');
}

function secondsSince(startedMs: number): string {
  return ((performance.now() - startedMs) / 1_000).toFixed(0);
}
