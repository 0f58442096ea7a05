import { id, text } from '@hq-sync/protocol/primitives';
import { z } from 'zod';
import type { Transaction } from '../db/database.js';
import { AdminError } from './admin-error.js';

/** What a rule is for: one store, the stores of a region, or all. */
export const scope = z
  .union([
    z.strictObject({ storeId: id }),
    z.strictObject({ region: text(200) }),
    z.strictObject({ all: z.literal(true) }),
  ])
  .describe('One store, the stores of a region, or all.');
export type Scope = z.infer<typeof scope>;

export interface ScopeColumns {
  readonly storeId: string | null;
  readonly region: string | null;
}

export function scopeColumns(of: Scope): ScopeColumns {
  return {
    storeId: 'storeId' in of ? of.storeId : null,
    region: 'region' in of ? of.region : null,
  };
}

export function scopeOf({ storeId, region }: ScopeColumns): Scope {
  if (storeId !== null) return { storeId };
  return region === null ? { all: true } : { region };
}

/** @throws AdminError `store_not_found`, `region_not_found`: a slip of the pen would protect nobody, and nobody would know. */
export async function requireScope(tx: Transaction, { storeId, region }: ScopeColumns): Promise<void> {
  if (storeId === null && region === null) return;
  const { rowCount } = await tx.query(
    'select from hq.store where archived_at is null and (store_id = $1 or region = $2) limit 1',
    [storeId, region],
  );
  if (rowCount === 0) throw new AdminError(storeId === null ? 'region_not_found' : 'store_not_found');
}
