import { errors, type ErrorCode } from '@hq-sync/protocol/error-code';
import { isHeartbeat } from '@hq-sync/protocol/is-heartbeat';
import { storeMessage, storeMessageTypes, type StoreMessage } from '@hq-sync/protocol/store-message';
import type { z } from 'zod';

export type FrameErrorCode = Extract<ErrorCode, `frame_${string}`>;

/** What one frame turned out to be. */
export type Frame =
  | { readonly ok: true; readonly message: StoreMessage }
  | { readonly ok: false; readonly code: FrameErrorCode; readonly message: string; readonly path?: string };

/** Reads one frame of a store. Pure: no frame makes it throw. */
export function readFrame(data: Buffer, isBinary: boolean): Frame {
  if (isBinary) return refused('frame_not_text');
  let json: unknown;
  try {
    json = JSON.parse(data.toString('utf8'));
  } catch {
    return refused('frame_not_json');
  }
  if (json === null || typeof json !== 'object' || Array.isArray(json)) return refused('frame_not_json');
  const type = (json as { type?: unknown }).type;
  if (typeof type !== 'string' || !storeMessageTypes.includes(type)) return refused('frame_unknown_type');
  if (isHeartbeat(json)) return { ok: true, message: json };
  const parsed = storeMessage.safeParse(json);
  return parsed.success ? { ok: true, message: parsed.data } : invalid(parsed.error);
}

function invalid(error: z.ZodError): Frame {
  const issue = error.issues[0];
  const path = issue ? pathOf(issue.path) : '';
  return {
    ok: false,
    code: 'frame_invalid',
    message: `${path}: ${issue?.message ?? 'does not fit'}`.slice(0, 500),
    path,
  };
}

function refused(code: FrameErrorCode): Frame {
  return { ok: false, code, message: errors[code].title };
}

/** `queues[0].entity` */
export function pathOf(path: readonly PropertyKey[]): string {
  return path
    .map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`))
    .join('')
    .replace(/^\./, '');
}

/** Each field that does not fit, for a problem document. */
export function fieldErrors({ issues }: z.ZodError): { path: string; message: string }[] {
  return issues.map(({ path, message }) => ({ path: pathOf(path), message }));
}
