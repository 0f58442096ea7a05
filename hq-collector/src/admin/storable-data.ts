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
    default:
      return undefined;
  }
}
