import { z } from 'zod';
import { id, instant, isId, isRevision, revision } from './primitives.js';
import { sale } from './sale.js';

/** Stock changed for another reason than a sale. `quantityDelta` is in the product's own unit. */
export const inventoryAdjustment = z.looseObject({
  productId: id,
  quantityDelta: z.number().min(-1_000_000_000).max(1_000_000_000),
  reason: id,
  adjustedAt: instant,
});

/** A till from opening to closing; `closedAt` is null while it is open. */
export const registerSession = z.looseObject({
  terminalId: id,
  cashierId: id.optional(),
  openedAt: instant,
  closedAt: instant.nullable(),
});

const anyData = z.looseObject({});

/** What is inside `data`, by entity; an entity without an entry is kept as it comes. */
export const dataByEntity: Readonly<Record<string, z.ZodType<Record<string, unknown>>>> = {
  sales: sale,
  inventory_adjustments: inventoryAdjustment,
  register_sessions: registerSession,
};

/** Field of `data` whose instant fixes the record's business date, by entity. */
export const instantField: Readonly<Record<string, string>> = {
  sales: 'completedAt',
  inventory_adjustments: 'adjustedAt',
  register_sessions: 'openedAt',
};

/** One line of a push batch. Identity is (store, entity, id); the store numbers the revisions from 1. */
export const recordEnvelope = z.object({ id, revision, data: anyData });
export type RecordEnvelope = z.infer<typeof recordEnvelope>;

/** Whether `recordEnvelope` takes it, without saying why not: a twentieth of a push's time is spared. */
export const isRecordEnvelope = (value: Record<string, unknown>): value is RecordEnvelope =>
  isId(value['id']) && isRevision(value['revision']) && isObject(value['data']);

const isObject = (value: unknown): boolean =>
  value !== null && typeof value === 'object' && !Array.isArray(value);
