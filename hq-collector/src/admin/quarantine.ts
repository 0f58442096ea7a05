import { isUtf8 } from 'node:buffer';
import { limits } from '@hq-sync/protocol/limits';
import { id, text } from '@hq-sync/protocol/primitives';
import { recordResult, type RecordResult } from '@hq-sync/protocol/push';
import { z } from 'zod';
import type { Transaction } from '../db/database.js';
import { takePushLock } from '../sync/push-lock.js';
import { readSendingStore } from '../sync/sender.js';
import { storeBatch } from '../sync/store-batch.js';
import { AdminError } from './admin-error.js';
import { audit } from './audit.js';
import { camelCaseKeys } from './camel-case.js';
import { endpoint } from './endpoint.js';
import { page, pageByNumber } from './page.js';
import { faultOf } from './storable-data.js';

const quarantined = z.looseObject({ quarantineId: z.int(), content: z.string() });
const answerOf = (row: { content: Buffer }) =>
  camelCaseKeys({ ...row, content: row.content.toString('base64') });

const params = z.object({ quarantineId: z.coerce.number().int().min(1) });

export const listQuarantine = endpoint({
  method: 'get',
  path: '/quarantine',
  role: 'viewer',
  summary:
    'Records in quarantine with their reason, newest first; `content` is the line as it came, in base64.',
  query: pageByNumber.extend({
    storeId: id.optional(),
    state: z.enum(['held', 'replayed', 'discarded']).default('held'),
  }),
  status: 200,
  answer: z.object({
    items: z.array(quarantined),
    next: z.string().nullable(),
  }),
  async handle({ pool }, { query }) {
    const { rows } = await pool.query<{ content: Buffer }>(
      `select * from hq_view.quarantined_records
       where state = $1 and ($2::text is null or store_id = $2) and ($3::bigint is null or quarantine_id < $3)
       order by quarantine_id desc limit $4`,
      [query.state, query.storeId ?? null, query.after ?? null, query.limit + 1],
    );
    return page(rows.map(answerOf), query.limit, (row) => String(row['quarantineId']));
  },
});

export const getQuarantined = endpoint({
  method: 'get',
  path: '/quarantine/{quarantineId}',
  role: 'viewer',
  summary: 'One record that is or was in quarantine; `content` is the line as it came, in base64.',
  params,
  status: 200,
  answer: quarantined,
  async handle({ pool }, { params: { quarantineId } }) {
    const { rows } = await pool.query<{ content: Buffer }>(
      'select * from hq_view.quarantined_records where quarantine_id = $1',
      [quarantineId],
    );
    if (!rows[0]) throw new AdminError('quarantine_not_found');
    return answerOf(rows[0]);
  },
});

export const replayQuarantined = endpoint({
  method: 'post',
  path: '/quarantine/{quarantineId}/replay',
  role: 'operator',
  summary:
    'Sends the record through the push again, as it came or as corrected here; by the same rules, it counts once.',
  params,
  body: z.strictObject({
    record: z.looseObject({}).optional().describe('The corrected record: `{id, revision, data}`.'),
    note: text(1_000).optional(),
  }),
  // A record at its bound, escaped anew, and the note.
  maxBodyBytes: 2 * limits.maxRecordBytes,
  status: 200,
  answer: recordResult,
  async handle({ config }, { params: { quarantineId }, body, actor, change }): Promise<RecordResult> {
    const fault = faultOf(body.record);
    if (fault !== undefined)
      throw new AdminError('invalid_request', { errors: [{ path: 'body.record', message: fault }] });
    return change(async (tx) => {
      const held = await lockHeld(tx, quarantineId);
      const content = body.record ? Buffer.from(JSON.stringify(body.record)) : held.content;
      // Resolved first: held again, the same content is a row of its own.
      await resolve(tx, quarantineId, 'replayed', actor.name, body.note ?? null);
      await tx.query(takePushLock(held.store_id));
      const { records } = await storeBatch(
        tx,
        {
          storeId: held.store_id,
          entity: held.entity,
          batchId: `replay-${quarantineId}`,
          schemaVersion: held.schema_version,
          bytes: content.length,
          lines: [{ line: 1, content: isUtf8(content) ? content.toString() : content }],
        },
        await readSendingStore(tx, held.store_id),
        { maxQuarantined: config.HQ_MAX_QUARANTINED_PER_STORE },
        performance.now(),
      );
      const result = records[0]!;
      await audit(tx, actor, 'quarantine.replay', held.store_id, {
        quarantineId,
        ...(body.record && { corrected: body.record }),
        ...(body.note !== undefined && { note: body.note }),
        result,
      });
      return result;
    });
  },
});

export const discardQuarantined = endpoint({
  method: 'post',
  path: '/quarantine/{quarantineId}/discard',
  role: 'operator',
  summary: 'Gives a record up. It stays readable with the note of who did it and why.',
  params,
  body: z.strictObject({ note: text(1_000) }),
  status: 200,
  answer: z.object({ quarantineId: z.int(), state: z.literal('discarded') }),
  async handle(_context, { params: { quarantineId }, body, actor, change }) {
    return change(async (tx) => {
      const held = await lockHeld(tx, quarantineId);
      await resolve(tx, quarantineId, 'discarded', actor.name, body.note);
      await tx.query(resolveEmptyEpisode, [held.store_id, held.entity]);
      await audit(tx, actor, 'quarantine.discard', held.store_id, { quarantineId, note: body.note });
      return { quarantineId, state: 'discarded' };
    });
  },
});

interface HeldRow {
  store_id: string;
  entity: string;
  schema_version: number;
  content: Buffer;
}

async function lockHeld(tx: Transaction, quarantineId: number): Promise<HeldRow> {
  const { rows } = await tx.query<HeldRow>(
    `select store_id, entity, schema_version, content from hq.quarantined_record
     where quarantine_id = $1 and state = 'held' for update`,
    [quarantineId],
  );
  if (!rows[0]) throw new AdminError('quarantine_not_found');
  return rows[0];
}

async function resolve(
  tx: Transaction,
  quarantineId: number,
  state: 'replayed' | 'discarded',
  by: string,
  note: string | null,
): Promise<void> {
  await tx.query(
    `update hq.quarantined_record set state = $2, resolved_at = clock_timestamp(), resolved_by = $3, note = $4
     where quarantine_id = $1`,
    [quarantineId, state, by, note],
  );
}

const resolveEmptyEpisode = `
  update hq.error_episode set resolved_at = clock_timestamp()
  where store_id = $1 and entity = $2 and kind = 'record_rejected' and resolved_at is null and not exists (
    select from hq.quarantined_record q where q.store_id = $1 and q.entity = $2 and q.state = 'held')`;
