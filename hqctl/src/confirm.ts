import { createInterface } from 'node:readline/promises';
import type { Given } from './command.js';
import { usage } from './exit-code.js';
import type { Terminal } from './terminal.js';

/** Returns when it was confirmed, by `--yes` or by the person at the terminal. @throws Failure */
export async function confirmed(question: string, given: Given, terminal: Terminal): Promise<void> {
  if (given['yes'] === true) return;
  if (!terminal.canAsk) throw usage(`${question} Say --yes: nobody can be asked here.`);
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  const closed = new Promise<string>((resolve) => lines.once('close', () => resolve('')));
  const answer = await Promise.race([lines.question(`${question} [y/N] `), closed]);
  lines.close();
  if (!/^y(es)?$/i.test(answer.trim())) throw usage('Nothing was done.');
}
