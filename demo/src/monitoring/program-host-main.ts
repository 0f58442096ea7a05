import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Runs a program that knows nothing of the one who started it: says when it is ready, and ends it when its starter is
 * gone, by whatever signal. Arguments: the address that answers 2xx once it is ready, the program, its arguments.
 */
const pollMs = 250;
const answerWaitMs = 2_000;

const [readyUrl, program, ...args] = process.argv.slice(2);
if (readyUrl === undefined || program === undefined)
  throw new Error('the address and the program are missing');

// Before there is a program: the signal would end this process alone.
const endSignals = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;
for (const signal of endSignals) process.on(signal, end);
process.on('disconnect', end);
if (process.send !== undefined && !process.connected) process.exit(); // the starter died while this one was loaded
const child = spawn(program, args, { stdio: ['ignore', 'inherit', 'inherit'] });
child.once('error', (error) => {
  process.stderr.write(`${program}: ${error.message}\n`);
  process.exit(1);
});
child.once('exit', (code) => process.exit(code ?? 1));

for (let ready = false; !ready;) {
  await sleep(pollMs);
  ready = await fetch(readyUrl, { signal: AbortSignal.timeout(answerWaitMs) }).then(
    ({ ok }) => ok,
    () => false,
  );
}
if (process.connected) process.send?.({ type: 'started' });

function end(): void {
  child.kill('SIGTERM');
}
