import { createHash } from 'node:crypto';
import { canonicalJson } from '@hq-sync/store-agent/canonical-json';
import { catalogueEntities } from './chain-catalogue.js';
import type { CatalogueStage } from './stage.js';

/** Holds every store's copy to what HQ publishes, by a hash over all records of each entity. */
export async function compareCopies(stage: CatalogueStage, when: string): Promise<void> {
  const { hosts, report, say } = stage;
  const copies = await hosts.hashes();
  const identical = new Set(copies);
  let records = 0;
  for (const entity of catalogueEntities) {
    const truth = await hashOfHq(stage, entity);
    records += truth.records;
    for (const hashes of copies) if (hashes[entity] !== truth.hash) identical.delete(hashes);
  }
  const other = copies.length - identical.size;
  if (other > 0) report.faults.push(`${when}: ${other} copies are not HQ's`);
  say(`${identical.size} of ${copies.length} copies are HQ's, ${records} records`);
  report.facts.push({
    what: `copies identical to HQ's ${records} records, ${when}`,
    figure: `${identical.size} of ${copies.length}`,
  });
}

/** As the agent's own hash of its copy: a line of canonical JSON for each record, in the order of their ids as bytes. */
async function hashOfHq({ hq }: CatalogueStage, entity: string): Promise<{ hash: string; records: number }> {
  const rows = await hq.ask<{ id: string; data: unknown }>(
    `select record_id as id, data from hq_view.hq_records
     where entity = $1 and not deleted order by record_id collate "C"`,
    [entity],
  );
  const hash = createHash('sha256');
  for (const { id, data } of rows) hash.update(`${canonicalJson({ id, data })}\n`);
  return { hash: hash.digest('hex'), records: rows.length };
}
