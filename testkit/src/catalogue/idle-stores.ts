import {
  appliedBoundMs,
  createStores,
  storesUpToDate,
  timeOnePrice,
  wait,
  type CatalogueStage,
} from './stage.js';

const stores = 200;
const storesPerHost = 23;
const changes = 60;
const connectDeadlineMs = 300_000;

/** More stores beside those that have pulled; then prices change one at a time, with all of them connected and idle. */
export async function timeSinglePrices(stage: CatalogueStage): Promise<void> {
  const { catalogue, hosts, report, say } = stage;
  const first = catalogue.stores[0]!;
  const before = await storesUpToDate(stage);
  const created = await createStores(stage, catalogue.stores.slice(before, stores));
  await hosts.copyFrom(
    first.id,
    created.map(({ storeId }) => storeId),
  );
  await hosts.add(created, storesPerHost);
  await allUpToDate(stage);
  say(`${stores} stores are connected and idle`);

  const tookMs: number[] = [];
  for (let change = 0; change < changes; change += 1) tookMs.push(...(await timeOnePrice(stage)));
  report.measured.push({
    what: `one price changed, ${changes} times, ${stores} idle stores`,
    boundMs: appliedBoundMs,
    tookMs,
  });
  say('single prices: measured');
}

export async function allUpToDate(stage: CatalogueStage): Promise<void> {
  await wait(
    `${stores} stores are connected and have everything`,
    () => storesUpToDate(stage),
    (count) => count === stores,
    connectDeadlineMs,
  );
}
