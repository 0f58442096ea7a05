import { limits } from '@hq-sync/protocol/limits';
import { isDeep, isDeepIn, unstorable } from '../sync/storable.js';

/**
 * Why HQ cannot keep these data as they are, in words for who sent them; undefined: it can.
 * @param line the JSON that they are in, where it is at hand: it mostly says at once that nothing is deep.
 */
export function faultOf(data: unknown, line?: string): string | undefined {
  if (line === undefined ? isDeep(data) : isDeepIn(line, data))
    return `is nested more than ${limits.maxRecordDepth} deep`;
  switch (unstorable(data)) {
    case 'record_text_invalid':
      return 'holds U+0000 or half a surrogate pair';
    case 'record_unstorable':
      return 'holds a number beyond a double, or a key `__proto__`';
  }
  const inexact = line !== undefined && /\d{16}/.test(line) ? inexactInteger(line) : undefined;
  if (inexact !== undefined) return `holds ${inexact}, which no double is: write it as a text`;
  if (line !== undefined && /\d[eE]/.test(line) && writtenOutDigits(data) > limits.maxRecordBytes)
    return `has numbers that take more than ${limits.maxRecordBytes} digits when they are written out`;
  return undefined;
}

/**
 * jsonb writes a number with all its digits: `1e308` takes 309, and a line of nothing else becomes larger than any page
 * that a store takes.
 */
function writtenOutDigits(value: unknown): number {
  if (typeof value === 'number') return value === 0 ? 1 : Math.abs(Math.log10(Math.abs(value)));
  if (value === null || typeof value !== 'object') return 0;
  return Object.values(value).reduce<number>((sum, inner) => sum + writtenOutDigits(inner), 0);
}

/** An integer that would be kept as another one, without a word. */
function inexactInteger(line: string): string | undefined {
  for (const [token] of line.matchAll(/"[^"\\]*(?:\\.[^"\\]*)*"|-?\d[\d.eE+-]*/g))
    if (/^-?\d{16,}$/.test(token) && BigInt(token) !== BigInt(Number(token))) return token;
  return undefined;
}
