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
  const parsed = hqMessage.safeParse(json);
  if (parsed.success) return { message: parsed.data };
  const issue = parsed.error.issues[0];
  return { message: null, complaint: `${issue?.path.join('.')}: ${issue?.message}` };
}
