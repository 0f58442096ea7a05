import type { Direction } from '@hq-sync/protocol/entity';

/** As hq_view.store_status says it. */
export const storeStatuses = [
  'connected',
  'disconnected',
  'unknown',
  'never_connected',
  'no_server',
] as const;
export type StoreStatus = (typeof storeStatuses)[number];

/** An entity as HQ's list of entities has it. */
export interface KnownEntity {
  readonly entity: string;
  readonly direction: Direction;
}

/** What one store has synced of one entity, in the entity's direction. */
export interface EntityTotal {
  /** Unix seconds; null: never. */
  readonly lastSuccessAt: number | null;
  readonly recordsTotal: number;
}

/**
 * One store at one moment: all that its series are made from. Times are Unix seconds with milliseconds, null where
 * there is none. Maps and lists are replaced and never changed in place: `===` tells whether their series moved.
 */
export interface StoreSample {
  readonly storeId: string;
  readonly name: string;
  readonly region: string | null;
  readonly timezone: string;
  /** Whether it was ever issued a token; without, it has no series but hq_store_info. */
  readonly hasServer: boolean;
  readonly status: StoreStatus;
  readonly expectedOnline: boolean;
  /** Within 10 minutes a second machine has run with the store's token. */
  readonly duplicateServer: boolean;
  /** When the token that the store uses ends by itself; null: it does not, or none works. */
  readonly tokenExpiresAt: number | null;

  readonly agentVersion: string | null;
  readonly schemaVersion: number | null;
  readonly schemaCompatible: boolean | null;
  /** Positive where the store's clock is ahead of HQ's. */
  readonly clockSkewSeconds: number | null;

  readonly lastHeartbeatAt: number | null;
  readonly lastSaleAt: number | null;
  readonly connectsTotal: number;
  /** By reason. */
  readonly disconnectsTotal: ReadonlyMap<string, number>;

  /** Every entity of HQ's list; those that never synced have no row in `entityTotals`. */
  readonly knownEntities: readonly KnownEntity[];
  /** By entity. */
  readonly entityTotals: ReadonlyMap<string, EntityTotal>;
  /** Failed operations of all time by kind. */
  readonly errorsTotal: ReadonlyMap<string, number>;
  /** Failed operations in open episodes by kind. */
  readonly errorsOpen: ReadonlyMap<string, number>;

  readonly pushPendingRecords: number;
  /** Null: nothing is pending. */
  readonly pushOldestPendingAt: number | null;
  /** Published changes that the store has not confirmed, of the entities that it has begun to pull. */
  readonly pullPendingRecords: number;
  /** Null: nothing is pending. */
  readonly pullOldestPendingAt: number | null;
  /** Null before the first heartbeat. */
  readonly openRegisters: number | null;
}
