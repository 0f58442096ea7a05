import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../eventually.js';
import type { Measured } from '../red-green/measured.js';
import type { CatalogueEntity, CatalogueRecord, ChainCatalogue } from './chain-catalogue.js';
import type { Headquarters } from './headquarters.js';
import { machineMs, type HostConfig } from './host-messages.js';
import type { PriceList } from './price-list.js';
import type { StoreHosts } from './store-hosts.js';

/** A question about every store takes some ms, and is not to be the load. */
const pollMs = 500;

/** A connected store applies a price change within this (p99). */
export const appliedBoundMs = 2_000;

/** What all steps of a run act on, and where they note what came of them. */
export interface CatalogueStage {
  readonly catalogue: ChainCatalogue;
  readonly hq: Headquarters;
  readonly hosts: StoreHosts;
  readonly prices: PriceList;
  readonly report: CatalogueReport;
  say(line: string): void;
}

export interface CatalogueReport {
  readonly facts: { readonly what: string; readonly figure: string }[];
  readonly measured: Measured[];
  readonly faults: string[];
}

/** @throws Error when HQ refuses. */
export async function upload(
  { hq }: CatalogueStage,
  entity: CatalogueEntity,
  records: readonly CatalogueRecord[],
): Promise<void> {
  const { status, body } = await hq.admin.changeRecords(entity, records);
  if (status !== 200 || body.changed !== records.length)
    throw new Error(`upload of ${records.length} ${entity} answered ${status}: ${JSON.stringify(body)}`);
}

export async function createStores(
  { hq }: CatalogueStage,
  stores: ChainCatalogue['stores'],
): Promise<HostConfig['stores']> {
  const created = [];
  for (const { id: storeId, name, timezone, currency } of stores) {
    await hq.admin.createStore({ storeId, name, timezone, currency });
    created.push({ storeId, token: (await hq.admin.generateToken(storeId)).token });
  }
  return created;
}

/** Changes one price. @returns milliseconds from the admin API's answer until it was in each store's copy. */
export async function timeOnePrice(stage: CatalogueStage): Promise<number[]> {
  const [line] = stage.prices.change(1) as [CatalogueRecord];
  const { changed: answeredMs, atMs } = await stage.hosts.watch(
    { productId: line.id, priceMinor: stage.prices.priceOf(line.id) },
    async () => {
      await upload(stage, 'products', [line]);
      return machineMs();
    },
  );
  return atMs.map((at) => at - answeredMs);
}

/** Asks every half second until it holds. */
export async function wait<T>(
  what: string,
  ask: () => Promise<T>,
  holds: (answer: T) => boolean,
  deadlineMs: number,
): Promise<T> {
  return eventually(
    what,
    async () => {
      await sleep(pollMs);
      return ask();
    },
    holds,
    deadlineMs,
  );
}

/** Stores that are connected, have asked for everything that HQ has published, and have confirmed all of it. */
export async function storesUpToDate({ hq }: CatalogueStage): Promise<number> {
  const [row] = await hq.ask<{ n: number }>(`
    select count(*)::int as n from hq_view.stores s
    where status = 'connected' and pull_pending_changes = 0 and not exists (
      select from hq_view.store_entities e join hq_view.store_pulls p using (store_id, entity)
      where e.store_id = s.store_id and e.direction = 'pull' and p.head > 0 and e.last_success_at is null)`);
  return row!.n;
}

/** Records that each store has pulled and confirmed, of all entities. */
export async function pulledRecords({ hq }: CatalogueStage): Promise<Map<string, number>> {
  const rows = await hq.ask<{ store_id: string; n: number }>(
    'select store_id, records_pulled::int as n from hq_view.stores',
  );
  return new Map(rows.map(({ store_id, n }) => [store_id, n]));
}
