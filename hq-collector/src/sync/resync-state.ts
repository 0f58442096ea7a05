/**
 * States of a resync job, in the words that every view, metric and answer uses. Queued: waits for its store to be
 * connected and for its turn; running: the store was told. The others are ends.
 */
export const resyncStates = ['queued', 'running', 'done', 'cancelled', 'failed'] as const;
