import { z } from 'zod';
import { id, instant, text } from '@hq-sync/protocol/primitives';
import type { Transaction } from '../db/database.js';
import { endpoint, type Actor } from './endpoint.js';
import { page, pageByNumber } from './page.js';

/** Who did it: the name is for people, `id` tells two of one name apart. */
export type Doer = Pick<Actor, 'name' | 'source'> & { readonly id: string | null };

/** Writes who did what, in the transaction that does it. */
export function audit(
  tx: Transaction,
  doer: Doer,
  action: string,
  storeId: string | null,
  detail: object,
): Promise<void> {
  return auditEach(tx, doer, action, [{ storeId, detail }]);
}

/** The same for what is done to many stores at once. */
export async function auditEach(
  tx: Transaction,
  doer: Doer,
  action: string,
  rows: readonly { readonly storeId: string | null; readonly detail: object }[],
): Promise<void> {
  await tx.query(
    `insert into hq.audit_log (actor, principal, action, source, store_id, detail)
     select $1, $2, $3, $4, r."storeId", r.detail
     from jsonb_to_recordset($5::jsonb) as r("storeId" text, detail jsonb)`,
    [doer.name, doer.id, action, doer.source, JSON.stringify(rows)],
  );
}

const auditRow = z.object({
  auditId: z.int(),
  at: instant,
  actor: z.string(),
  principal: z
    .string()
    .nullable()
    .describe(
      'Id of the admin token, or issuer and subject of the person: two may have one name. Null: a store server.',
    ),
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
  query: pageByNumber.extend({
    storeId: id.optional(),
    actor: text(300).optional(),
    action: text(100).optional().describe('E.g. `token.generate`.'),
    since: instant.optional(),
  }),
  status: 200,
  answer: z.object({ items: z.array(auditRow), next: z.string().nullable() }),
  async handle({ pool }, { query }) {
    const { rows } = await pool.query(
      `select audit_id as "auditId", at, actor, principal, action, store_id as "storeId", source, detail
       from hq.audit_log
       where ($1::text is null or store_id = $1) and ($2::bigint is null or audit_id < $2)
         and ($4::text is null or actor = $4) and ($5::text is null or action = $5) and ($6::timestamptz is null or at >= $6)
       order by audit_id desc limit $3`,
      [
        query.storeId ?? null,
        query.after ?? null,
        query.limit + 1,
        query.actor ?? null,
        query.action ?? null,
        query.since ?? null,
      ],
    );
    return page(rows, query.limit, (row) => String(row.auditId));
  },
});
