/**
 * Where a store has come in an entity. While it reads everything from the start (`scanEnd` set) deletes before
 * `scanEnd` do not matter to it, so the cursor is held to HQ's history there; afterwards at its position.
 */
export interface Cursor {
  readonly position: number;
  /** Head when the reading from the start began; null when that is over. */
  readonly scanEnd: number | null;
  /** Of the publication that covers `anchorOf` the cursor. */
  readonly nonce: number;
  /** Set while the store looks again at sets that it has joined or left. */
  readonly catchUp: CatchUp | null;
}

/** The store goes once more through sets that it has joined or left, up to HQ's head. */
export interface CatchUp {
  /** Position of the last change of its sets; with a later one it begins anew. */
  readonly end: number;
  /** How far it has come, from 0. */
  readonly at: number;
}

export const anchorOf = ({ position, scanEnd }: Pick<Cursor, 'position' | 'scanEnd'>): number =>
  scanEnd ?? position;

export function formatCursor({ position, nonce, scanEnd, catchUp }: Cursor): string {
  const parts = [position, nonce, scanEnd ?? '', catchUp?.end ?? '', catchUp?.at ?? ''];
  return parts.join('.').replace(/\.+$/, '');
}

/** Undefined for what `formatCursor` never wrote. */
export function parseCursor(text: string): Cursor | undefined {
  // 12 digits: at a thousand changes a second that is thirty years.
  const match = /^(\d{1,12})\.(\d{1,10})(?:\.(\d{1,12})|\.(\d{0,12})\.(\d{1,12})\.(\d{1,12}))?$/.exec(text);
  if (!match) return undefined;
  const [, position, nonce, scanEnd, scanEndToo, end, at] = match;
  const scan = scanEnd ?? scanEndToo;
  return {
    position: Number(position),
    nonce: Number(nonce),
    scanEnd: scan === undefined || scan === '' ? null : Number(scan),
    catchUp: end === undefined ? null : { end: Number(end), at: Number(at) },
  };
}
