import type { StoreRow } from './store-row.js';

export type Colour = 'red' | 'yellow' | 'green' | 'gray';

/** What a person is told of a store: the same word in colour or without. */
export interface Verdict {
  readonly icon: string;
  readonly word: string;
  readonly colour: Colour;
  /** Why, or what else is wrong; may be empty. */
  readonly reason: string;
  /** 0 is the worst. */
  readonly rank: number;
}

export function verdictOf(row: StoreRow): Verdict {
  switch (row.status) {
    case 'disconnected':
      return {
        icon: '✖',
        word: 'disconnected',
        colour: 'red',
        reason: row.reason ?? '',
        rank: row.expectedOnline ? 0 : 1,
      };
    case 'unknown':
      return { icon: '?', word: 'unknown', colour: 'yellow', reason: row.reason ?? '', rank: 2 };
    case 'never_connected':
      return { icon: '○', word: 'never seen', colour: 'yellow', reason: '', rank: 4 };
    case 'no_server':
      return { icon: '–', word: 'no server', colour: 'gray', reason: '', rank: 6 };
    case 'connected': {
      const reason = row.reason ?? attention(row);
      if (reason !== '') return { icon: '●', word: 'connected', colour: 'green', reason, rank: 3 };
      return {
        icon: '●',
        word: 'connected',
        colour: 'green',
        reason: row.expectedOnline ? '' : 'closed',
        rank: 5,
      };
    }
  }
}

/** What needs a look at a store that is connected. */
function attention(row: StoreRow): string {
  if (row.schemaCompatible === false) return `schema ${row.schemaVersion} refused`;
  if (row.quarantined > 0) return `${row.quarantined} quarantined`;
  if (!row.synced) return 'behind';
  if (row.errorsOpen > 0) return 'sync errors';
  if (row.withheld > 0) return `${row.withheld} too large`;
  return '';
}

/** Worst first; what is equally bad, by id, so that lines stay where they are. */
export function worstFirst(rows: readonly StoreRow[]): StoreRow[] {
  return rows.toSorted((left, right) => {
    const byRank = verdictOf(left).rank - verdictOf(right).rank;
    return byRank !== 0 ? byRank : left.storeId < right.storeId ? -1 : 1;
  });
}
