import { limits } from '@hq-sync/protocol/limits';

/** Whether `data` of the line is over the bound of depth. */
export const isDeepIn = (line: string, data: unknown): boolean => mayBeDeep(line) && isDeep(data);

/** Whether the line opens as many brackets as a record over the bound of depth must. */
function mayBeDeep(line: string): boolean {
  let opened = 0;
  for (const bracket of ['{', '['])
    for (let at = line.indexOf(bracket); at >= 0; at = line.indexOf(bracket, at + 1)) {
      opened += 1;
      if (opened > limits.maxRecordDepth) return true;
    }
  return false;
}

/** Without recursion: what is to be refused for its depth must not overflow the stack here. */
export function isDeep(value: unknown): boolean {
  let level = [value];
  for (let depth = 0; depth < limits.maxRecordDepth; depth += 1) {
    level = level.flatMap((one) => (one !== null && typeof one === 'object' ? Object.values(one) : []));
    if (level.length === 0) return false;
  }
  return true;
}

/**
 * What of a value within the bound of depth the database would refuse or change. jsonb holds neither U+0000 nor half a
 * surrogate pair; a number beyond a double would be stored as null; a key `__proto__` is lost when an object is copied.
 */
export function unstorable(value: unknown): 'record_text_invalid' | 'record_unstorable' | undefined {
  if (typeof value === 'string')
    return !value.includes('\u0000') && value.isWellFormed() ? undefined : 'record_text_invalid';
  if (typeof value === 'number') return Number.isFinite(value) ? undefined : 'record_unstorable';
  if (value === null || typeof value !== 'object') return undefined;
  for (const [key, inner] of Object.entries(value)) {
    if (key === '__proto__') return 'record_unstorable';
    const fault = unstorable(key) ?? unstorable(inner);
    if (fault) return fault;
  }
  return undefined;
}
