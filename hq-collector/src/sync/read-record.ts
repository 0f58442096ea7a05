import { isUtf8 } from 'node:buffer';
import { errors, type RecordErrorCode } from '@hq-sync/protocol/error-code';
import { dataByEntity, instantField, recordEnvelope } from '@hq-sync/protocol/record';
import { id as idSchema, revision as revisionSchema } from '@hq-sync/protocol/primitives';
import { differingTotal, type Sale } from '@hq-sync/protocol/sale';
import { pathOf } from '../socket/read-frame.js';

/** Sales and the like are of this century; an older date is a clock that was never set. */
const oldestInstantMs = Date.UTC(2000, 0, 1);
/** How far ahead of HQ's clock, the store's skew taken out, a record's instant may be. */
export const futureToleranceMs = 24 * 3_600_000;

/** A record that HQ can keep and count. */
export interface IncomingRecord {
  readonly line: number;
  readonly id: string;
  readonly revision: number;
  readonly data: Record<string, unknown>;
  readonly occurredAt: Date | null;
  /** Set when it counts in the day's activity. */
  readonly sale: Sale | null;
}

/** A record that HQ keeps as bytes only, until a person has looked. */
export interface RefusedRecord {
  readonly line: number;
  readonly id: string | null;
  readonly revision: number | null;
  readonly code: RecordErrorCode;
  readonly message: string;
  readonly content: Buffer;
}

export type ReadRecord = { readonly ok: true; readonly record: IncomingRecord } | { readonly ok: false; readonly refused: RefusedRecord };

export interface RecordRules {
  readonly entity: string;
  readonly currency: string;
  /** HQ's business time plus the store's measured skew. */
  readonly storeNowMs: number;
}

/** Reads one line of a batch. Pure: no line makes it throw. */
export function readRecord(content: Buffer, line: number, rules: RecordRules): ReadRecord {
  const json = parseObject(content);
  if (!json) return refuse('record_not_json', errors.record_not_json.title);
  const id = idSchema.safeParse(json['id']).data ?? null;
  const revision = revisionSchema.safeParse(json['revision']).data ?? null;

  const envelope = recordEnvelope.safeParse(json);
  if (!envelope.success) return refuse('record_invalid', firstIssue(envelope.error.issues));
  const schema = dataByEntity[rules.entity];
  const parsed = schema?.safeParse(envelope.data.data);
  if (parsed && !parsed.success) return refuse('record_invalid', firstIssue(parsed.error.issues, 'data'));
  const { data } = envelope.data;
  // Cheap test first: only a line with such an escape can hold such a character.
  if (suspiciousEscape.test(content.toString('latin1')) && !storableText(data)) {
    return refuse('record_text_invalid', errors.record_text_invalid.title);
  }

  const field = instantField[rules.entity];
  const occurredAt = field === undefined ? null : new Date(data[field] as string);
  if (occurredAt && !(occurredAt.getTime() >= oldestInstantMs)) return refuse('record_invalid', `data.${field}: is before the year 2000`);
  if (occurredAt && occurredAt.getTime() > rules.storeNowMs + futureToleranceMs) {
    return refuse('record_in_the_future', `${field} ${occurredAt.toISOString()} is more than 24 h ahead`);
  }

  const sale = rules.entity === 'sales' ? (data as unknown as Sale) : null;
  if (sale) {
    if (sale.currency !== rules.currency) {
      return refuse('record_foreign_currency', `currency ${sale.currency}, the store's is ${rules.currency}`);
    }
    const differing = differingTotal(sale);
    if (differing) return refuse('record_totals_differ', `${differing} is not the sum of the lines`);
  }
  return { ok: true, record: { line, id: envelope.data.id, revision: envelope.data.revision, data, occurredAt, sale } };

  function refuse(code: RecordErrorCode, message: string): ReadRecord {
    return { ok: false, refused: { line, id, revision, code, message: message.slice(0, 1_000), content } };
  }
}

function parseObject(content: Buffer): Record<string, unknown> | undefined {
  if (!isUtf8(content)) return undefined;
  try {
    const json: unknown = JSON.parse(content.toString('utf8'));
    return json !== null && typeof json === 'object' && !Array.isArray(json) ? (json as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

const suspiciousEscape = /\\u(0000|d[89a-f])/i;

/** jsonb holds neither U+0000 nor half a surrogate pair. */
function storableText(value: unknown): boolean {
  if (typeof value === 'string') return !value.includes('\u0000') && value.isWellFormed();
  if (value === null || typeof value !== 'object') return true;
  return Object.entries(value).every(([key, inner]) => storableText(key) && storableText(inner));
}

function firstIssue(issues: readonly { path: readonly PropertyKey[]; message: string }[], prefix = ''): string {
  const issue = issues[0];
  if (!issue) return 'does not fit';
  const path = pathOf(prefix ? [prefix, ...issue.path] : issue.path);
  return path ? `${path}: ${issue.message}` : issue.message;
}
