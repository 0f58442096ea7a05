import { enrolAnswer, type EnrolAnswer } from '@hq-sync/protocol/enrol';
import { problem } from '@hq-sync/protocol/push';
import { readFile, rename, rm } from 'node:fs/promises';
import { writeFileSync } from 'node:fs';
import { addressAt } from './hq-line.js';
import { agentLimits } from './limits.js';
import { hashOfToken, newToken } from './token-keeper.js';

/** HQ did not take the code, or could not be asked; the message is for a person. */
export class EnrolmentError extends Error {
  override name = 'EnrolmentError';
}

/**
 * Trades a one-time code for the store's token: makes the token, writes it beside `tokenFile`, says its hash to HQ, and
 * puts it in its place once HQ has taken it. Run again with the same code after a lost answer it ends the same way.
 *
 * @throws EnrolmentError
 */
export async function enrol(hqUrl: string, code: string, tokenFile: string): Promise<EnrolAnswer> {
  const draft = `${tokenFile}.enrolling`;
  const kept = await readFile(draft, 'utf8').catch(() => '');
  const token = kept.trim() || newToken();
  if (kept === '') writeToken(draft, token);
  const response = await fetch(addressAt(hqUrl, 'v1/enrol'), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ code, secretHash: hashOfToken(token) }),
    signal: AbortSignal.timeout(agentLimits.enrolTimeoutMs),
  }).catch((error: unknown) => {
    const { message, cause } = error as Error & { cause?: Error };
    throw new EnrolmentError(`HQ cannot be reached: ${cause?.message ?? message}`);
  });
  const body: unknown = await response.json().catch(() => undefined);
  const taken = enrolAnswer.safeParse(body);
  if (response.status === 200 && taken.success) {
    await rename(draft, tokenFile);
    return taken.data;
  }
  const refusal = problem.safeParse(body).data;
  if (refusal?.code === 'enrolment_refused') await rm(draft, { force: true });
  throw new EnrolmentError(refusal ? `${refusal.title} (${refusal.code})` : `HQ answered ${response.status}`);
}

/** Readable by its owner alone. */
export function writeToken(file: string, token: string): void {
  writeFileSync(file, `${token}\n`, { mode: 0o600 });
}
