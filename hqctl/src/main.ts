#!/usr/bin/env node
import { CommanderError } from 'commander';
import { exitCodes, Failure } from './exit-code.js';
import { printable } from './output/format.js';
import { createProgram } from './program.js';
import { runCommand } from './run.js';
import { Terminal } from './terminal.js';

const terminal = new Terminal();
// Whoever reads has gone, as `head` does: there is nobody left to write for.
process.stdout.on('error', () => process.exit(exitCodes.ok.code));

const program = createProgram(async (command, given) => {
  process.exitCode = await runCommand(command, given, terminal);
});
try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = exitCodeOf(error);
}

function exitCodeOf(error: unknown): number {
  // commander has said it; its help is no failure.
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok.code : exitCodes.usage.code;
  if (!(error instanceof Failure)) {
    terminal.err(`hqctl: ${(error as Error).stack ?? String(error)}\n`);
    return exitCodes.unexpected.code;
  }
  terminal.err(`hqctl: ${error.message.split('\n').map(printable).join('\n')}\n`);
  return exitCodes[error.exit].code;
}
