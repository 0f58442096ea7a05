import { entityName } from '@hq-sync/protocol/entity';
import { dataByEntity, recordEnvelope, type RecordEnvelope } from '@hq-sync/protocol/record';
import { differingTotal, type Sale } from '@hq-sync/protocol/sale';
import type { z } from 'zod';
import { IntakeError, type FieldError } from './intake-error.js';

/**
 * Checks a record as HQ will, so that the POS learns at once of what HQ would quarantine. The identity (id and
 * revision) is always checked, since nothing can be acknowledged without it; `data` only with `checkData`.
 *
 * @throws IntakeError `entity_invalid`, `record_invalid` with the fields.
 */
export function checkRecord(entity: string, record: unknown, checkData: boolean): RecordEnvelope {
  if (!entityName.safeParse(entity).success) throw new IntakeError('entity_invalid', `no entity: ${entity}`);
  const envelope = recordEnvelope.safeParse(record);
  if (!envelope.success) throw invalid(fieldErrors(envelope.error));
  if (checkData) checkDataOf(entity, envelope.data.data);
  return envelope.data;
}

function checkDataOf(entity: string, data: Record<string, unknown>): void {
  const parsed = dataByEntity[entity]?.safeParse(data);
  if (parsed === undefined) return;
  if (!parsed.success) throw invalid(fieldErrors(parsed.error, 'data'));
  const differing = entity === 'sales' ? differingTotal(parsed.data as Sale) : undefined;
  if (differing !== undefined) {
    throw invalid([{ path: `data.${differing}`, message: 'must equal the sum of the lines' }]);
  }
}

function invalid(fields: FieldError[]): IntakeError {
  const first = fields[0];
  return new IntakeError('record_invalid', first ? `${first.path}: ${first.message}` : undefined, fields);
}

/** Zod's issues with their paths written as a person would, e.g. `data.lines[0].quantity`. */
export function fieldErrors(error: z.ZodError, prefix = ''): FieldError[] {
  return error.issues.map((issue) => ({
    path: issue.path.reduce<string>(
      (path, key) =>
        typeof key === 'number' ? `${path}[${key}]` : path === '' ? String(key) : `${path}.${String(key)}`,
      prefix,
    ),
    message: issue.message,
  }));
}
