import type { Row } from '../command.js';
import type { Format } from './format.js';

export interface Column {
  readonly head: string;
  /** Of the row. */
  readonly field: string;
  readonly format?: Format;
  /** Numbers stand at the right. */
  readonly right?: true;
  /** Longer values are cut. */
  readonly maxChars?: number;
  /** Where the table is too wide, columns with a higher number go first; 0 never does. */
  readonly leaveOut?: number;
}

/** Rows below heads. */
export interface Table {
  readonly kind: 'table';
  readonly title?: string;
  readonly columns: readonly Column[];
  readonly rows: readonly Row[];
  /** In the place of no rows. */
  readonly empty: string;
}

/** One thing, a line for each field. */
export interface Card {
  readonly kind: 'card';
  readonly fields: readonly Column[];
  readonly row: Row;
}

export interface Sentence {
  readonly kind: 'sentence';
  readonly text: string;
}

/** What a person sees of an answer. */
export type View = readonly (Table | Card | Sentence)[];

export const table = (columns: readonly Column[], rows: unknown, empty: string, title?: string): Table => ({
  kind: 'table',
  columns,
  rows: rows as readonly Row[],
  empty,
  ...(title !== undefined && { title }),
});

export const card = (fields: readonly Column[], row: Row): Card => ({ kind: 'card', fields, row });

export const sentence = (text: string): Sentence => ({ kind: 'sentence', text });
