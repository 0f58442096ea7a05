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
}

export const anchorOf = ({ position, scanEnd }: Pick<Cursor, 'position' | 'scanEnd'>): number =>
  scanEnd ?? position;

export function formatCursor({ position, nonce, scanEnd }: Cursor): string {
  return scanEnd === null ? `${position}.${nonce}` : `${position}.${nonce}.${scanEnd}`;
}

/** Undefined for what `formatCursor` never wrote. */
export function parseCursor(text: string): Cursor | undefined {
  const match = /^(\d{1,15})\.(\d{1,10})(?:\.(\d{1,15}))?$/.exec(text);
  if (!match) return undefined;
  const [, position, nonce, scanEnd] = match;
  return {
    position: Number(position),
    nonce: Number(nonce),
    scanEnd: scanEnd === undefined ? null : Number(scanEnd),
  };
}
