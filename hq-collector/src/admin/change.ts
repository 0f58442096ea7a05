import { createHash } from 'node:crypto';
import { withTransaction, type Pool, type Transaction } from '../db/database.js';
import { databaseFailure } from '../db/sqlstate.js';
import { AdminError } from './admin-error.js';
import { adminTokenWorks } from './admin-token.js';
import type { Actor } from './endpoint.js';

const maxTries = 3;

/** Runs the work of a change in one transaction, again where that had to give way to another, once for each idempotency key; its answer is what was answered first. */
export type Change = <Answer extends object>(work: (tx: Transaction) => Promise<Answer>) => Promise<Answer>;

/** What of a request decides whether a change is made. */
export interface ChangeRequest {
  /** Whose keys they are, and whose token must work still: a body may take minutes to come. */
  readonly actor: Pick<Actor, 'id' | 'tokenId'>;
  readonly idempotencyKey: string | undefined;
  /** Of method, path and body: the same key with another request is a mistake. */
  readonly fingerprint: () => Buffer;
  /** The answer holds a secret, which is kept nowhere. */
  readonly secret: boolean;
  /** What the client saw when it decided (`If-Match`), and how the same looks now, locked; empty: there is none. */
  readonly ifMatch: string | undefined;
  readonly current: ((tx: Transaction) => Promise<object>) | undefined;
}

/** The validator of a representation; two that differ in anything differ in it. */
export function entityTag(representation: object): string {
  return `"${createHash('sha256').update(JSON.stringify(representation)).digest('base64url').slice(0, 22)}"`;
}

/** Of the parts of a request in their order. */
export function fingerprintOf(...parts: readonly (string | Buffer)[]): Buffer {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part).update('\0');
  return hash.digest();
}

/** @throws AdminError `unauthorized`, `idempotency_key_reused`, `secret_shown_once`, `precondition_failed`, and what the work throws. */
export function changeIn(pool: Pool, request: ChangeRequest): Change {
  return (work) =>
    again(() =>
      withTransaction(pool, async (tx) => {
        const { idempotencyKey: key } = request;
        await requireToken(tx, request.actor);
        if (key !== undefined) {
          const kept = await keptAnswer(tx, key, request);
          if (kept) return kept as Awaited<ReturnType<typeof work>>;
        }
        await requireMatch(tx, request);
        const answer = await work(tx);
        if (key !== undefined && !request.secret)
          await tx.query('update hq.idempotency_key set answer = $3 where actor = $1 and key = $2', [
            request.actor.id,
            key,
            JSON.stringify(answer),
          ]);
        return answer;
      }),
    );
}

/** Runs a transaction anew when the database ended it for the sake of another: nothing of it has been done then. */
async function again<Answer>(transaction: () => Promise<Answer>): Promise<Answer> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await transaction();
    } catch (error) {
      if (databaseFailure(error) !== 'conflict' || tries >= maxTries) throw error;
    }
  }
}

async function requireToken(tx: Transaction, { tokenId }: ChangeRequest['actor']): Promise<void> {
  if (tokenId === undefined) return;
  const { rowCount } = await tx.query(
    `select from hq.admin_token where token_id = $1 and ${adminTokenWorks}`,
    [tokenId],
  );
  if (rowCount === 0) throw new AdminError('unauthorized');
}

/** Takes the key, or waits for the transaction that has it: a process that dies between gives it back with its rollback. */
async function keptAnswer(
  tx: Transaction,
  key: string,
  { actor, fingerprint, secret }: ChangeRequest,
): Promise<object | undefined> {
  const { rowCount } = await tx.query(
    'insert into hq.idempotency_key (actor, key, fingerprint) values ($1, $2, $3) on conflict do nothing',
    [actor.id, key, fingerprint()],
  );
  if (rowCount === 1) return undefined;
  const { rows } = await tx.query<{ fingerprint: Buffer; answer: object | null }>(
    'select fingerprint, answer from hq.idempotency_key where actor = $1 and key = $2',
    [actor.id, key],
  );
  if (!rows[0]?.fingerprint.equals(fingerprint())) throw new AdminError('idempotency_key_reused');
  if (secret || rows[0].answer === null) throw new AdminError('secret_shown_once');
  return rows[0].answer;
}

async function requireMatch(tx: Transaction, { ifMatch, current }: ChangeRequest): Promise<void> {
  if (ifMatch === undefined || !current) return;
  const now = await current(tx);
  const matches =
    ifMatch === '*' ? Object.keys(now).length > 0 : ifMatch.split(/\s*,\s*/).includes(entityTag(now));
  if (!matches) throw new AdminError('precondition_failed');
}
