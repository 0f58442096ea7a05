import { errors, type RecordErrorCode } from '@hq-sync/protocol/error-code';
import { limits } from '@hq-sync/protocol/limits';
import {
  dataByEntity,
  instantField,
  isRecordEnvelope,
  recordEnvelope,
  type RecordEnvelope,
} from '@hq-sync/protocol/record';
import { id as idSchema, revision as revisionSchema } from '@hq-sync/protocol/primitives';
import { differingTotal, isSale, type Sale } from '@hq-sync/protocol/sale';
import { pathOf } from '../socket/read-frame.js';
import { bytesOf, type BatchLine } from './batch-body.js';
import { isDeepIn, unstorable } from './storable.js';

/** Sales and the like are of this century; an older date is a clock that was never set. */
const oldestInstantMs = Date.UTC(2000, 0, 1);
/** How far ahead of HQ's clock, the store's skew taken out, a record's instant may be. */
export const futureToleranceMs = 24 * 3_600_000;

/** What a sale adds to the totals, and where. */
export type Counted = Pick<
  Sale,
  'kind' | 'status' | 'currency' | 'grossMinor' | 'discountMinor' | 'taxMinor'
>;

/**
 * A record that HQ can keep and count. Its content is text alone: objects that live while the database answers are
 * copied by every scavenge until then, which was a tenth of a push's time.
 */
export interface IncomingRecord {
  readonly line: number;
  readonly id: string;
  readonly revision: number;
  /** `data` as it is stored: JSON without control characters. */
  readonly json: string;
  /** An instant in UTC. */
  readonly occurredAt: string | null;
  /** Set when it counts in the day's activity. */
  readonly counted: Counted | null;
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

export type ReadRecord =
  | { readonly ok: true; readonly record: IncomingRecord }
  | { readonly ok: false; readonly refused: RefusedRecord };

export interface RecordRules {
  readonly entity: string;
  readonly currency: string;
  /** HQ's business time plus the store's measured skew. */
  readonly storeNowMs: number;
}

/** Reads one line of a batch. Pure: no line makes it throw. */
export function readRecord(content: BatchLine, line: number, rules: RecordRules): ReadRecord {
  const json = parseObject(content);
  const refuse = (code: RecordErrorCode, message: string): ReadRecord => ({
    ok: false,
    refused: {
      line,
      id: idSchema.safeParse(json?.['id']).data ?? null,
      revision: revisionSchema.safeParse(json?.['revision']).data ?? null,
      code,
      message: message.slice(0, limits.maxTextChars),
      content: bytesOf(content),
    },
  });
  if (!json) return refuse('record_not_json', errors.record_not_json.title);

  if (!isRecordEnvelope(json)) {
    const { error } = recordEnvelope.safeParse(json);
    return refuse('record_invalid', firstIssue(error?.issues ?? []));
  }
  const { id, revision, data } = json;
  const parsed =
    rules.entity === 'sales' && isSale(data) ? undefined : dataByEntity[rules.entity]?.safeParse(data);
  if (parsed && !parsed.success) return refuse('record_invalid', firstIssue(parsed.error.issues, 'data'));

  const stored = storedJson(content as string, json);
  if (!stored.ok) return refuse(stored.code, errors[stored.code].title);

  const field = instantField[rules.entity];
  const occurredAt = field === undefined ? null : new Date(data[field] as string);
  if (occurredAt && !(occurredAt.getTime() >= oldestInstantMs))
    return refuse('record_invalid', `data.${field}: is before the year 2000`);
  if (occurredAt && occurredAt.getTime() > rules.storeNowMs + futureToleranceMs) {
    return refuse('record_in_the_future', `${field} ${occurredAt.toISOString()} is more than 24 h ahead`);
  }

  const sale = rules.entity === 'sales' ? (data as unknown as Sale) : null;
  if (sale && sale.currency !== rules.currency) {
    return refuse('record_foreign_currency', `currency ${sale.currency}, the store's is ${rules.currency}`);
  }
  const differing = sale && differingTotal(sale);
  if (differing) return refuse('record_totals_differ', `${differing} is not the sum of the lines`);
  return {
    ok: true,
    record: {
      line,
      id,
      revision,
      json: stored.json,
      occurredAt: occurredAt && occurredAt.toISOString(),
      counted: sale && countedOf(sale),
    },
  };
}

function countedOf({ kind, status, currency, grossMinor, discountMinor, taxMinor }: Sale): Counted {
  return { kind, status, currency, grossMinor, discountMinor, taxMinor };
}

function parseObject(content: BatchLine): Record<string, unknown> | undefined {
  if (typeof content !== 'string') return undefined;
  try {
    const json: unknown = JSON.parse(content);
    return json !== null && typeof json === 'object' && !Array.isArray(json)
      ? (json as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

/** The data as JSON that the database takes without a change, or why there is none. */
function storedJson(
  line: string,
  json: RecordEnvelope,
): { ok: true; json: string } | { ok: false; code: RecordErrorCode } {
  const { data } = json;
  if (isDeepIn(line, data)) return { ok: false, code: 'record_unstorable' };
  const text = Object.keys(json).length === 3 ? dataText(line, json) : undefined;
  if (text !== undefined) return { ok: true, json: text };
  const fault = unstorable(data);
  return fault ? { ok: false, code: fault } : { ok: true, json: JSON.stringify(data) };
}

/** More than a double holds. */
const unusualNumber = /\d(?:[eE]|\d{15})/;

/** Escapes may hold U+0000 or half a pair; COPY takes no bare tab or carriage return, and JSON no other control character. */
const isUsual = (line: string): boolean =>
  !line.includes('\\') &&
  !line.includes('\t') &&
  !line.includes('\r') &&
  !unusualNumber.test(line) &&
  // A key of this name is lost when an object is copied.
  !line.includes('"__proto__"');

/**
 * The text of `data` inside a usual line that has its three members in our agent's order: a tenth of a push's time is saved
 * by not writing it anew. Not where the name is there once more, for the line may have two of that member.
 */
function dataText(line: string, { id, revision }: RecordEnvelope): string | undefined {
  const before = `{"id":${JSON.stringify(id)},"revision":${revision},"data":`;
  if (!line.startsWith(before) || !line.endsWith('}}') || !isUsual(line)) return undefined;
  const text = line.slice(before.length, -1);
  return text.includes('data"') ? undefined : text;
}

function firstIssue(
  issues: readonly { path: readonly PropertyKey[]; message: string }[],
  prefix = '',
): string {
  const issue = issues[0];
  if (!issue) return 'does not fit';
  const path = pathOf(prefix ? [prefix, ...issue.path] : issue.path);
  return path ? `${path}: ${issue.message}` : issue.message;
}
