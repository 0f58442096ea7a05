import { spawn } from 'node:child_process';
import { PlainError } from './plain-error.mjs';

const OUTPUT_LIMIT_CHARS = 32 * 1024;
/** A child that ignores our first signal is killed after this. */
const GRACE_MS = 5_000;
const EXIT_CODES = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 };

/**
 * Runs a command to its end and returns its exit code and the end of its output (32 KiB).
 * Ctrl-C, or another request to end, ends the command first and then throws a PlainError without words.
 */
export async function run(command, args, cwd, options = {}) {
  const child = spawn(command, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'], ...options });
  let output = '';
  const collect = (chunk) => {
    output = (output + chunk).slice(-OUTPUT_LIMIT_CHARS);
  };
  child.stdout.on('data', collect);
  child.stderr.on('data', collect);
  let interruptedBy;
  const interrupt = (signal) => {
    interruptedBy = signal;
    child.kill(signal);
    setTimeout(() => child.kill('SIGKILL'), GRACE_MS).unref();
  };
  const signals = Object.keys(EXIT_CODES);
  for (const signal of signals) process.on(signal, interrupt);
  try {
    const code = await new Promise((resolve, reject) => {
      child.once('error', (error) => reject(new PlainError(`Could not run ${command}: ${error.message}.`)));
      child.once('close', resolve);
    });
    if (interruptedBy !== undefined) throw new PlainError('', EXIT_CODES[interruptedBy]);
    return { code, output: output.trim() };
  } finally {
    for (const signal of signals) process.off(signal, interrupt);
  }
}
