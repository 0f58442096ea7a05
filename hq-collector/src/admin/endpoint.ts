import type { z } from 'zod';
import type { Config } from '../config.js';
import type { Pool, Queryable } from '../db/database.js';
import type { Events } from '../events.js';
import type { ClientAddress } from '../http/client-address.js';
import type { Places } from '../sync/places.js';
import type { Change } from './change.js';

/** Each role may do what the ones before it may. */
export const roles = ['viewer', 'operator', 'admin'] as const;
export type Role = (typeof roles)[number];

/** The person or program behind a request. */
export interface Actor {
  /** Of the token or the subject that was sent: idempotency keys and rates are counted for it. */
  readonly id: string;
  readonly name: string;
  readonly role: Role;
  readonly source: string;
  /** Of the admin token that was sent; undefined for a person of the issuer. */
  readonly tokenId: string | undefined;
}

export interface AdminContext {
  readonly pool: Pool;
  readonly config: Config;
  readonly addressOf: ClientAddress;
  readonly events: Events;
  /** Publishes what has been committed to HQ's data, and tells the stores. Never rejects. */
  publish(): Promise<void>;
  /** One place: the upload that takes it changes HQ's data, the others wait. */
  readonly uploads: Places;
  /** Lets queued resyncs start. Never rejects. */
  startResyncs(): Promise<void>;
}

type Shape = z.ZodType | undefined;
type Of<S extends Shape> = S extends z.ZodType ? z.infer<S> : undefined;

/** One route of the admin API; the router and the OpenAPI document are both made from it. */
export interface Endpoint<P extends Shape = Shape, Q extends Shape = Shape, B extends Shape = Shape> {
  readonly method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  /** Below `/admin/v1`, in OpenAPI's form: `/stores/{storeId}`. */
  readonly path: string;
  readonly role: Role;
  readonly summary: string;
  readonly params?: P;
  readonly query?: Q;
  readonly body?: B;
  /** Where the body may be larger than others. */
  readonly maxBodyBytes?: number;
  /** What each line of the body is, where that is NDJSON: the handler reads `lines` as they come. */
  readonly ndjson?: z.ZodType;
  readonly status: 200 | 201;
  readonly answer: z.ZodType;
  /** The answer holds a secret: it is kept nowhere, also not for an idempotency key. */
  readonly secret?: true;
  /** What its ETag is of: as it stands now, in a change locked. Where there is none, neither ETag nor If-Match is. */
  represent?(db: Queryable, params: Of<P>, lock: boolean): Promise<object>;
  handle(
    context: AdminContext,
    request: {
      readonly params: Of<P>;
      readonly query: Of<Q>;
      readonly body: Of<B>;
      readonly lines: AsyncIterable<Buffer>;
      readonly actor: Actor;
      /** Every change is made through it. */
      readonly change: Change;
    },
  ): Promise<unknown>;
}

/** Gives the handler the types of its own schemas. */
export function endpoint<P extends Shape, Q extends Shape, B extends Shape>(
  definition: Endpoint<P, Q, B>,
): Endpoint {
  return definition as unknown as Endpoint;
}
