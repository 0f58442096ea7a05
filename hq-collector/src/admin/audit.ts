import { z } from 'zod';
import { id, instant } from '@hq-sync/protocol/primitives';
import type { Transaction } from '../db/database.js';
import { endpoint, type Actor } from './endpoint.js';
import { page, pageQuery } from './page.js';

/** Writes who did what, in the transaction that does it. */
export async function audit(
  tx: Transaction,
  actor: Actor,
  action: string,
  storeId: string | null,
  detail: object,
): Promise<void> {
  await tx.query(
    'insert into hq.audit_log (actor, action, store_id, source, detail) values ($1, $2, $3, $4, $5)',
    [actor.name, action, storeId, actor.source, JSON.stringify(detail)],
  );
}

const auditRow = z.object({
  auditId: z.int(),
  at: instant,
  actor: z.string(),
  action: z.string(),
  storeId: id.nullable(),
  source: z.string(),
  detail: z.looseObject({}),
});

export const listAudit = endpoint({
  method: 'get',
  path: '/audit',
  role: 'operator',
  summary: 'Who changed what, newest first.',
  query: pageQuery.extend({ storeId: id.optional() }),
  status: 200,
  answer: z.object({ items: z.array(auditRow), next: z.string().nullable() }),
  async handle({ pool }, { query }) {
    const { rows } = await pool.query(
      `select audit_id as "auditId", at, actor, action, store_id as "storeId", source, detail
       from hq.audit_log
       where ($1::text is null or store_id = $1) and ($2::bigint is null or audit_id < $2)
       order by audit_id desc limit $3`,
      [query.storeId ?? null, query.after ?? null, query.limit + 1],
    );
    return page(rows, query.limit, (row) => String(row.auditId));
  },
});
