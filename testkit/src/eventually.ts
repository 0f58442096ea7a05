import { setTimeout as sleep } from 'node:timers/promises';

const defaultPollMs = 20;

/**
 * Asks until the answer holds; fails with what it last was. `deadlineMs` bounds a broken run, not a sound one;
 * `pollMs` is for what asking would disturb.
 */
export async function eventually<T>(
  what: string,
  ask: () => Promise<T> | T,
  holds: (answer: T) => boolean,
  deadlineMs = 20_000,
  pollMs = defaultPollMs,
): Promise<T> {
  const giveUpAtMs = performance.now() + deadlineMs;
  for (;;) {
    const answer = await ask();
    if (holds(answer)) return answer;
    if (performance.now() > giveUpAtMs)
      throw new Error(`${what}: not within ${deadlineMs} ms; last ${JSON.stringify(answer)}`);
    await sleep(pollMs);
  }
}
