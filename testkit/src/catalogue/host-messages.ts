import type { CatalogueEntity } from './chain-catalogue.js';

/** Agents of one process. */
export interface HostConfig {
  readonly hqUrl: string;
  /** Each store has a folder of its own below. */
  readonly dataDir: string;
  readonly stores: readonly { readonly storeId: string; readonly token: string }[];
}

export type HostOrder =
  /** Look from now on when each store's copy has this price. */
  | { readonly order: 'watch'; readonly watch: Watch }
  /** Hash every store's copy. */
  | { readonly order: 'hash' };

export interface Watch {
  readonly number: number;
  readonly productId: string;
  readonly priceMinor: number;
}

/** SHA-256 of all records of an entity; by the agent's own rule, see its `copyHash`. */
export type CopyHashes = Readonly<Record<CatalogueEntity, string>>;

export type HostMessage =
  | { readonly type: 'started' }
  | { readonly type: 'watching'; readonly number: number }
  /** One time a store, when each copy was first seen to have the price. Said once, when all have it. */
  | { readonly type: 'seen'; readonly number: number; readonly atMs: readonly number[] }
  | { readonly type: 'hashed'; readonly hashes: readonly CopyHashes[] };

/** Milliseconds of a clock that all processes of a Linux machine share and nobody sets (CLOCK_MONOTONIC). */
export const machineMs = (): number => Number(process.hrtime.bigint()) / 1e6;
