import { createHash } from 'node:crypto';

/** First key of the advisory locks that make the pushes of one store follow each other. */
const pushLockClass = 7_316;

/**
 * The statement that takes a store's push lock until the transaction ends: pushes of one store follow each other, so
 * that the same batch sent twice at once is stored once. It must come before the statement that reads what HQ holds,
 * which then sees all that the push before it has committed. Two stores of one hash share a lock, which only costs time.
 */
export function takePushLock(storeId: string): string {
  const key = createHash('sha256').update(storeId).digest().readInt32BE();
  return `select pg_advisory_xact_lock(${pushLockClass}, ${key})`;
}
