import { createHash } from 'node:crypto';
import { errors } from './error-code.js';
import { wireSchemas } from './json-schema.js';
import { limits } from './limits.js';

/** Identifies the wire: it changes with any schema, limit, or code, and not with words meant for people. */
export function wireHash(): string {
  const codes = Object.entries(errors).map(([code, { title: _title, advice: _advice, ...rest }]) => [
    code,
    rest,
  ]);
  const wire = withoutWords({ schemas: wireSchemas(), codes: Object.fromEntries(codes), limits });
  return createHash('sha256').update(JSON.stringify(wire)).digest('hex').slice(0, 16);
}

/** Sorted by key, and without descriptions. */
function withoutWords(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutWords);
  if (value === null || typeof value !== 'object') return value;
  const entries = Object.entries(value).filter(
    ([key, inner]) => !(key === 'description' && typeof inner === 'string'),
  );
  return Object.fromEntries(
    entries
      .sort(([left], [right]) => (left < right ? -1 : 1))
      .map(([key, inner]) => [key, withoutWords(inner)]),
  );
}
