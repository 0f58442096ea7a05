import type { IncomingMessage } from 'node:http';
import { entityName, type Direction } from '@hq-sync/protocol/entity';
import type { Pool, Queryable } from '../db/database.js';
import { bearerSecret, hashSecret, tokenRejection, type TokenRejection } from '../fleet/store-token.js';
import type { ClientAddress } from '../http/client-address.js';
import { CodedError } from '../http/coded-error.js';

/** What HQ needs to know of a store to take its records, or to send it HQ's. */
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

/** What the entrance of a push or a pull needs of the collector. */
export interface Door {
  readonly pool: Pool;
  readonly addressOf: ClientAddress;
  /** Counts and records a token that is not taken. */
  tokenRejected(code: TokenRejection, source: string, storeId: string | undefined): void;
  /** A byte of this store came. */
  touch(storeId: string): void;
}

interface SenderRow extends SendingStore {
  readonly rejection: TokenRejection | null;
  readonly direction: Direction | null;
}

/**
 * Whose push this is; it is a sign of life.
 * @returns `direction` null: HQ knows no such entity.
 * @throws CodedError which of the token's faults it is.
 */
export async function admitSender(
  door: Door,
  request: IncomingMessage,
  entity: string,
): Promise<{ store: SendingStore; direction: Direction | null }> {
  const secretHash = senderSecretHash(door, request);
  const { rows } = await door.pool.query<SenderRow>({
    name: 'sender-by-token',
    text: senderByToken,
    values: [secretHash, askableEntity(entity)],
  });
  const { rejection: _, direction, ...store } = requireSender(door, request, rows[0]);
  return { store, direction };
}

/** @throws CodedError `token_missing`. */
export function senderSecretHash(door: Door, request: IncomingMessage): Buffer {
  const secret = bearerSecret(request.headers.authorization);
  if (secret === undefined) return refuse(door, request, 'token_missing', undefined);
  return hashSecret(secret);
}

/** What the database may be asked for: what cannot be a name is no entity, and no text that it might refuse. */
export const askableEntity = (entity: string): string => (entityName.safeParse(entity).success ? entity : '');

/**
 * Lets in whom the database knows by the token.
 * @throws CodedError which of the token's faults it is.
 */
export function requireSender<Row extends { storeId: string; rejection: TokenRejection | null }>(
  door: Door,
  request: IncomingMessage,
  found: Row | undefined,
): Row {
  if (!found) return refuse(door, request, 'token_unknown', undefined);
  if (found.rejection) return refuse(door, request, found.rejection, found.storeId);
  door.touch(found.storeId);
  return found;
}

function refuse(
  door: Door,
  request: IncomingMessage,
  code: TokenRejection,
  storeId: string | undefined,
): never {
  door.tokenRejected(code, door.addressOf(request), storeId);
  throw new CodedError(code);
}

/** @throws CodedError `entity_unknown`, `entity_not_pushed`, `entity_not_pulled`. */
export function requireDirection(entity: string, direction: Direction | null, wanted: Direction): void {
  if (direction === null)
    throw new CodedError('entity_unknown', { detail: `No entity '${entity.slice(0, 63)}'.` });
  if (direction !== wanted)
    throw new CodedError(wanted === 'push' ? 'entity_not_pushed' : 'entity_not_pulled');
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
