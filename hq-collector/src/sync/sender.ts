import { hashSecret, bearerSecret, tokenRejection, type TokenRejection } from '../fleet/store-token.js';
import { entityName } from '@hq-sync/protocol/entity';
import type { Queryable } from '../db/database.js';

/** What HQ needs to know of a store to take its records. */
export interface SendingStore {
  readonly storeId: string;
  readonly currency: string;
  /** IANA name. */
  readonly timezone: string;
  /** `HH:MM:SS`. */
  readonly dayCutover: string;
  /** Of the store's clock, ahead of HQ's; 0 while unknown. */
  readonly skewMs: number;
  /** HQ's business time when this was read, ms since 1970. */
  readonly nowMs: number;
}

/** A push's sender and the entity it names, in one look at the database. */
export type Sender =
  | { readonly accepted: true; readonly store: SendingStore; readonly direction: 'push' | 'pull' | null }
  | { readonly accepted: false; readonly code: TokenRejection; readonly storeId?: string };

interface SenderRow extends SendingStore {
  readonly rejection: TokenRejection | null;
  readonly direction: 'push' | 'pull' | null;
}

/** @returns `direction` null: HQ knows no such entity. */
export async function readSender(
  db: Queryable,
  authorization: string | undefined,
  entity: string,
): Promise<Sender> {
  const secret = bearerSecret(authorization);
  if (secret === undefined) return { accepted: false, code: 'token_missing' };
  const { rows } = await db.query<SenderRow>({
    name: 'push-sender',
    text: senderByToken,
    // What cannot be a name is no entity, and no text that the database might refuse.
    values: [hashSecret(secret), entityName.safeParse(entity).success ? entity : ''],
  });
  if (!rows[0]) return { accepted: false, code: 'token_unknown' };
  const { rejection, direction, ...store } = rows[0];
  if (rejection) return { accepted: false, code: rejection, storeId: store.storeId };
  return { accepted: true, store, direction };
}

/** The same without a token: for records that a person sends again in the store's name. */
export async function readSendingStore(db: Queryable, storeId: string): Promise<SendingStore> {
  const { rows } = await db.query<SendingStore>(
    `select ${storeColumns} from hq.store s left join hq.store_connection c using (store_id) where s.store_id = $1`,
    [storeId],
  );
  if (!rows[0]) throw new Error(`store ${storeId} has gone`);
  return rows[0];
}

const storeColumns = `
  s.store_id as "storeId", s.currency, s.timezone, s.day_cutover::text as "dayCutover",
  coalesce(c.clock_skew_ms, 0) as "skewMs", extract(epoch from hq.hq_now())::float8 * 1000 as "nowMs"`;

const senderByToken = `
  select ${storeColumns}, ${tokenRejection} as rejection, e.direction
  from hq.store_token t
  join hq.store s using (store_id)
  left join hq.store_connection c using (store_id)
  left join hq.entity e on e.entity = $2
  where t.secret_hash = $1`;
