import { CommanderError } from 'commander';
import { LocalPostgresError } from '@hq-sync/local-postgres/errors';
import { DemoError } from './demo-error.js';
import { Demo } from './demo.js';
import { readOptions, type DemoOptions } from './options.js';
import { Screen } from './screen.js';

/** npm passes a Ctrl-C on that the terminal has sent to all of its group already: both are one. */
const sameKeyPressMs = 500;
const starterCheckMs = 500;
const endSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** What `npm start` runs: exits with 0 after Ctrl-C, with 1 and one sentence when it cannot start. */
async function main(): Promise<number> {
  const options = optionsOrExitCode();
  if (typeof options === 'number') return options;
  const aborting = new AbortController();
  const screen = new Screen(process.stdout, process.env);
  const demo = new Demo(options, screen, process.env, aborting.signal);
  // A terminal that is closed while it is written to: the end comes as SIGHUP.
  process.stdout.on('error', () => aborting.abort());
  let firstSignalMs = 0;
  const onSignal = (): void => {
    if (firstSignalMs > 0) {
      if (performance.now() - firstSignalMs > sameKeyPressMs) demo.hurry();
      return;
    }
    firstSignalMs = performance.now();
    aborting.abort();
    screen.end();
    screen.say('\nStopping ... (Ctrl-C again hurries)');
  };
  for (const signal of endSignals) process.on(signal, onSignal);
  endWithNpm(onSignal, process.env);

  const failure = await demo.run().then(
    () => undefined,
    (error: unknown) => error,
  );
  const interrupted = aborting.signal.aborted;
  aborting.abort();
  screen.end();
  await demo.stop();
  if (interrupted || failure === undefined) {
    screen.say('Stopped.');
    return 0;
  }
  process.stderr.write(`${sentence(failure)}\n`);
  return 1;
}

/** npm hands a SIGTERM to the shell between us, which dies of it and tells nobody. */
function endWithNpm(end: () => void, env: NodeJS.ProcessEnv): void {
  if (env['npm_lifecycle_event'] === undefined) return;
  const starter = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === starter) return;
    clearInterval(timer);
    end();
  }, starterCheckMs).unref();
}

function optionsOrExitCode(): DemoOptions | number {
  try {
    return readOptions(process.argv.slice(2));
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode;
    throw error;
  }
}

function sentence(error: unknown): string {
  const plain = error instanceof DemoError || error instanceof LocalPostgresError;
  if (plain) return error.message;
  const { code, message, stack } = error as NodeJS.ErrnoException;
  return code === undefined ? (stack ?? String(error)) : `It could not go on: ${message}.`;
}

process.exit(await main());
