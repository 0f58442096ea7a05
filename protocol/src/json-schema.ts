import { z } from 'zod';
import { hqMessage } from './hq-message.js';
import { problem, pushAnswer, pushHeaders } from './push.js';
import { pageEnd, pulledRecord, pullRequest } from './pull.js';
import { dataByEntity, recordEnvelope } from './record.js';
import { storeMessage } from './store-message.js';

/** JSON Schema (2020-12) of everything that goes over the wire, by file name; made from the validators themselves. */
export function wireSchemas(): Record<string, object> {
  const schema = (type: z.ZodType) => z.toJSONSchema(type, { io: 'input' });
  return {
    'store-message': schema(storeMessage),
    'hq-message': schema(hqMessage),
    'push-headers': schema(pushHeaders),
    'push-record': schema(recordEnvelope),
    ...Object.fromEntries(
      Object.entries(dataByEntity).map(([entity, data]) => [`data-${entity}`, schema(data)]),
    ),
    'push-answer': schema(pushAnswer),
    'pull-request': schema(pullRequest),
    'pull-record': schema(pulledRecord),
    'pull-page-end': schema(pageEnd),
    problem: schema(problem),
  };
}
