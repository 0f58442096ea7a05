import type { InstalledPostgres } from '../installed-postgres.js';
import { readChainCatalogue } from './chain-catalogue.js';
import { firstPull } from './first-pull.js';
import { Headquarters } from './headquarters.js';
import { timeSinglePrices } from './idle-stores.js';
import { moveToNewCluster } from './new-cluster.js';
import { timeBesideOpenWriters } from './open-writers.js';
import { PriceList } from './price-list.js';
import type { CatalogueReport } from './stage.js';
import { StoreHosts } from './store-hosts.js';

/** A real chain's catalogue through real agents, a real collector and real PostgreSQL servers. */
export async function runCatalogue(
  chainFolder: string,
  postgres: InstalledPostgres,
  say: (line: string) => void,
): Promise<CatalogueReport> {
  const catalogue = readChainCatalogue(chainFolder);
  const hq = await Headquarters.start(postgres);
  const hosts = new StoreHosts(hq.folder, hq.url);
  const report: CatalogueReport = { facts: [], measured: [], faults: [] };
  const stage = { catalogue, hq, hosts, prices: new PriceList(catalogue.records.products), report, say };
  try {
    await firstPull(stage);
    await timeSinglePrices(stage);
    await timeBesideOpenWriters(stage);
    await moveToNewCluster(stage);
    return report;
  } finally {
    await hosts.stop();
    await hq.stop();
  }
}
