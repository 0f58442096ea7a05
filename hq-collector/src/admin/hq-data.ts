import { isUtf8 } from 'node:buffer';
import { randomUUID } from 'node:crypto';
import { entityName } from '@hq-sync/protocol/entity';
import { limits } from '@hq-sync/protocol/limits';
import { addressId, count, id } from '@hq-sync/protocol/primitives';
import type { QueryConfig } from 'pg';
import { z } from 'zod';
import type { Pool } from '../db/database.js';
import { AdminError } from './admin-error.js';
import { audit } from './audit.js';
import { endpoint } from './endpoint.js';
import { readLines } from './read-lines.js';
import { faultOf } from './storable-data.js';
import { storeSetName } from './store-sets.js';

/** Lines that go to the database at once: one statement's worth, whatever the size of the upload. */
const linesPerInsert = 1_000;
/** More belong in several uploads: all of one is published in one transaction. */
const maxUploadLines = 1_000_000;
/** An upload that has waited this long for its turn is told to come again. */
const maxTurnWaitMs = 60_000;
const comeAgainSeconds = 10;
/** One transaction takes the whole upload; a catalogue of 92,331 products took 9 s on two busy cores. */
const mergeTimeoutMs = 45_000;

const upsert = z.strictObject({ id: addressId, data: z.looseObject({}), set: storeSetName.optional() });
const removal = z.strictObject({ id, deleted: z.literal(true) });
const change = z
  .union([upsert, removal])
  .describe('`set` names the stores that get the record; without it all do.');
type Line = z.infer<typeof change>;

export const changeRecords = endpoint({
  method: 'post',
  path: '/entities/{entity}/records',
  role: 'operator',
  summary:
    'Upserts and deletes HQ records in bulk, all or none; a record named twice gets its last line. What does not change is not sent to any store again.',
  params: z.object({ entity: entityName }),
  ndjson: change,
  status: 200,
  answer: z.object({ lines: count, changed: count, deleted: count, unchanged: count }),
  async handle({ pool, publish, uploads }, { params: { entity }, lines, actor, change }) {
    await refuseUnlessPulled(pool, entity);
    const uploadId = randomUUID();
    try {
      const received = await receive(pool, uploadId, lines);
      // One waits for the other here, not with a connection of the pool in hand: the stores need those.
      if (!(await uploads.take(maxTurnWaitMs)))
        throw new AdminError('uploads_waiting', { retryAfterSeconds: comeAgainSeconds });
      const outcome = await change(async (tx) => {
        await tx.query(`set local statement_timeout = ${mergeTimeoutMs}`);
        await tx.query(takeEntityLock, [entity]);
        const { rows } = await tx.query<{ kept: number; changed: number; deleted: number }>({
          text: mergeUpload,
          values: [uploadId, entity],
          // The driver's own deadline follows the usual time of a statement.
          query_timeout: mergeTimeoutMs + 3_000,
        } as QueryConfig);
        const { kept, changed, deleted } = rows[0]!;
        // The lines are unlogged: a crash of the database in the middle of the upload has emptied their table.
        if (kept !== received) throw new AdminError('upload_interrupted');
        await audit(tx, actor, 'records.change', null, { entity, lines: received, changed, deleted });
        return { lines: received, changed, deleted, unchanged: received - changed - deleted };
      }).finally(() => uploads.give());
      await publish();
      return outcome;
    } catch (error) {
      if ((error as { code?: string }).code === '23503')
        throw new AdminError('store_set_not_found', { detail: (error as { detail?: string }).detail });
      throw error;
    } finally {
      // What cannot be removed now is dropped with the day's maintenance.
      await pool.query('delete from hq.upload_line where upload_id = $1', [uploadId]).catch(() => undefined);
    }
  },
});

async function refuseUnlessPulled(pool: Pool, entity: string): Promise<void> {
  const { rows } = await pool.query<{ direction: string }>(
    'select direction from hq.entity where entity = $1',
    [entity],
  );
  if (!rows[0]) throw new AdminError('entity_not_found');
  if (rows[0].direction !== 'pull') throw new AdminError('entity_not_pulled');
}

/** Keeps the lines until one transaction takes them. @returns their number. */
async function receive(pool: Pool, uploadId: string, lines: AsyncIterable<Buffer>): Promise<number> {
  let received = 0;
  let waiting: object[] = [];
  const write = async () => {
    await pool.query(keepLines, [uploadId, JSON.stringify(waiting)]);
    waiting = [];
  };
  for await (const line of readLines(lines, limits.maxRecordBytes)) {
    received += 1;
    if (received > maxUploadLines)
      throw new AdminError('body_too_large', { detail: `An upload has at most ${maxUploadLines} lines.` });
    waiting.push({ line: received, ...lineRow(parseLine(line, received)) });
    if (waiting.length >= linesPerInsert) await write();
  }
  if (waiting.length > 0) await write();
  return received;
}

function lineRow(line: Line): object {
  if ('deleted' in line) return { record_id: line.id, deleted: true, store_set: null, data: null };
  return { record_id: line.id, deleted: false, store_set: line.set ?? null, data: line.data };
}

/** @throws AdminError `invalid_request` */
function parseLine(bytes: Buffer, number: number): Line {
  const refuse = (path: string, message: string): never => {
    throw new AdminError('invalid_request', {
      detail: 'Nothing has been changed.',
      errors: [{ path: `line ${number}${path && `.${path}`}`, message }],
    });
  };
  if (!isUtf8(bytes)) return refuse('', 'is not UTF-8');
  const line = bytes.toString('utf8');
  let json: unknown;
  try {
    json = JSON.parse(line);
  } catch {
    return refuse('', 'is not JSON');
  }
  // Each has its own words for what is wrong; the two together have none.
  const isRemoval = typeof json === 'object' && json !== null && 'deleted' in json;
  const parsed = (isRemoval ? removal : upsert).safeParse(json);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    return refuse(issue?.path.join('.') ?? '', issue?.message ?? 'does not fit');
  }
  const { data } = json as { data?: Record<string, unknown> };
  const fault = faultOf(data, line);
  if (fault !== undefined) return refuse('data', fault);
  return data === undefined ? parsed.data : { ...parsed.data, data };
}

const keepLines = `
  insert into hq.upload_line (upload_id, line, record_id, store_set, deleted, data)
  select $1, line, record_id, store_set, deleted, data
  from jsonb_to_recordset($2::jsonb) as r(line integer, record_id text, store_set text, deleted boolean, data jsonb)`;

// One upload of an entity at a time: two that delete and write each other's records would wait for each other in turn.
const takeEntityLock = `select pg_advisory_xact_lock(hashtextextended('hq_record ' || $1, 0))`;

const mergeUpload = `
  with wanted as (
    select distinct on (record_id) record_id, store_set, deleted, data
    from hq.upload_line where upload_id = $1 order by record_id, line desc
  ), deleted as (
    update hq.hq_record r set deleted = true, data = null
    from wanted w where r.entity = $2 and r.record_id = w.record_id and w.deleted and not r.deleted
    returning r.record_id
  ), written as (
    insert into hq.hq_record as r (entity, record_id, store_set, data)
    select $2, record_id, coalesce(store_set, 'all'), data from wanted where not deleted order by record_id
    on conflict (entity, record_id) do update set store_set = excluded.store_set, deleted = false, data = excluded.data
      where r.deleted or r.store_set <> excluded.store_set or r.data <> excluded.data
    returning r.record_id
  )
  select (select count(*) from hq.upload_line where upload_id = $1) as kept, (select count(*) from written) as changed, (select count(*) from deleted) as deleted`;
