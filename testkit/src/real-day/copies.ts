import { createHash } from 'node:crypto';
import { canonicalJson } from '@hq-sync/store-agent/canonical-json';
import { LocalCopy } from '@hq-sync/store-agent/local-copy';
import { pino } from 'pino';
import { entities, type Entity, type HqModel } from './hq-model.js';

const maxCopyBytes = 1024 ** 3;
/** Records named of one entity of one store. */
const maxNamed = 5;

/** What a store's copy on disk has otherwise than HQ has for it, record for record. Its agent must be down. */
export async function copyDifferences(
  dataDir: string,
  storeId: string,
  model: HqModel,
): Promise<{ records: number; differences: string[] }> {
  const differences: string[] = [];
  const copy = new LocalCopy(dataDir, maxCopyBytes, pino({ level: 'silent' }), () =>
    differences.push(`store ${storeId}: its copy is broken`),
  );
  let records = 0;
  try {
    copy.open();
    for (const entity of entities) {
      const expected = model.recordsFor(storeId, entity);
      records += expected.size;
      if ((await copy.hash(entity)) === hashOf(expected)) continue;
      const said = recordDifferences(copy, entity, expected);
      if (said.length === 0) said.push('another hash, and no record that differs');
      differences.push(...said.slice(0, maxNamed).map((one) => `store ${storeId}: ${entity}: ${one}`));
      if (said.length > maxNamed)
        differences.push(`store ${storeId}: ${entity}: ${said.length - maxNamed} more`);
    }
  } finally {
    copy.close();
  }
  return { records, differences };
}

/** As the agent's own hash of its copy. */
function hashOf(records: ReadonlyMap<string, string>): string {
  const hash = createHash('sha256');
  const ids = [...records.keys()].sort((left, right) =>
    Buffer.compare(Buffer.from(left), Buffer.from(right)),
  );
  for (const id of ids) hash.update(`{"data":${records.get(id)!},"id":${JSON.stringify(id)}}\n`);
  return hash.digest('hex');
}

function recordDifferences(copy: LocalCopy, entity: Entity, expected: ReadonlyMap<string, string>): string[] {
  const found: string[] = [];
  const missing = new Map(expected);
  for (const { id, data } of copy.entries(entity)) {
    const wanted = expected.get(id);
    missing.delete(id);
    if (wanted === undefined) found.push(`has ${id}, which HQ has not for it`);
    else if (wanted !== canonicalJson(data))
      found.push(`has another ${id}: ${canonicalJson(data)}, not ${wanted}`);
  }
  for (const id of missing.keys()) found.push(`lacks ${id}`);
  return found;
}
