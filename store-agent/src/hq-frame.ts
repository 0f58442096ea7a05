import { entityName } from '@hq-sync/protocol/entity';
import { hqMessage, type HqMessage } from '@hq-sync/protocol/hq-message';

/** What a frame of HQ says to this version of the agent. */
export type HqFrame =
  | { readonly message: HqMessage }
  /** A newer HQ may say more than this version knows; that never makes it unable to connect. */
  | { readonly message: null; readonly complaint: string };

/** Reads a text frame; none makes it throw. */
export function readHqFrame(text: string): HqFrame {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return { message: null, complaint: 'the frame is not JSON' };
  }
  const parsed = hqMessage.safeParse(withoutMisfits(json));
  if (parsed.success) return { message: parsed.data };
  const issue = parsed.error.issues[0];
  return { message: null, complaint: `${issue?.path.join('.')}: ${issue?.message}` };
}

/** A command whose entities are no list of names loses them: it must be refused, which a frame that fits nothing cannot be. */
function withoutMisfits(json: unknown): unknown {
  if (!isObject(json)) return json;
  if (json.type === 'welcome' && Array.isArray(json.commands)) {
    return { ...json, commands: json.commands.map(withoutMisfits) };
  }
  if (json.type !== 'command' || json.entities === undefined) return json;
  const { entities, ...rest } = json;
  const fits =
    Array.isArray(entities) &&
    entities.length > 0 &&
    entities.every((name) => entityName.safeParse(name).success);
  return fits ? json : rest;
}

function isObject(json: unknown): json is Record<string, unknown> {
  return json !== null && typeof json === 'object' && !Array.isArray(json);
}
