import { createHash } from 'node:crypto';
import type { Transaction } from '../db/database.js';
import type { RecordsOrigin } from './pushed-records.js';
import type { RefusedRecord } from './read-record.js';

/** A store holds as many quarantined records as HQ keeps of one store. */
export class QuarantineFullError extends Error {}

/**
 * Holds the records that HQ cannot take, byte for byte.
 * @returns how many of them were not held before.
 * @throws QuarantineFullError
 */
export async function quarantine(
  tx: Transaction,
  origin: RecordsOrigin,
  refused: readonly RefusedRecord[],
  maxQuarantined: number,
): Promise<number> {
  const rows = refused.map((one) => ({
    record_id: one.id,
    revision: one.revision,
    code: one.code,
    message: one.message,
    content: one.content.toString('hex'),
    content_hash: createHash('sha256').update(one.content).digest('hex'),
  }));
  const { rows: written } = await tx.query<{ fresh: boolean }>(holdRecords, [
    origin.storeId,
    origin.entity,
    origin.schemaVersion,
    JSON.stringify(rows),
  ]);
  const fresh = written.filter((row) => row.fresh).length;
  if (fresh > 0) {
    const { rows: held } = await tx.query<{ held: number }>(
      `select count(*) as held from hq.quarantined_record where store_id = $1 and state = 'held'`,
      [origin.storeId],
    );
    if ((held[0]?.held ?? 0) > maxQuarantined) throw new QuarantineFullError();
  }
  return fresh;
}

const holdRecords = `
  insert into hq.quarantined_record as q (store_id, entity, record_id, revision, code, message, schema_version, content, content_hash)
  select distinct on (content_hash) $1, $2, record_id, revision, code, message, $3::integer, decode(content, 'hex'), decode(content_hash, 'hex')
  from jsonb_to_recordset($4::jsonb) as i(record_id text, revision integer, code text, message text, content text, content_hash text)
  on conflict (store_id, entity, content_hash) where state = 'held'
    do update set times = q.times + 1, code = excluded.code, message = excluded.message
  returning xmax = 0 as fresh`;
