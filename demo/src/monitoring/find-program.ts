import { accessSync, constants, realpathSync, statSync } from 'node:fs';
import path from 'node:path';
import { DemoError } from '../demo-error.js';

/** A program that the demo starts where it is installed. */
export interface Installable {
  readonly name: string;
  /** Environment variable that names its executable. */
  readonly variable: string;
  /** Names of its executable on PATH, and beyond it. */
  readonly executables: readonly string[];
  /** For a person who has not got it. */
  readonly install: string;
}

/**
 * Real path of the executable; undefined where it is not installed.
 * @throws DemoError when the variable names none.
 */
export function findProgram(
  { variable, executables }: Installable,
  env: NodeJS.ProcessEnv,
): string | undefined {
  const named = env[variable];
  if (named !== undefined && named !== '') {
    if (!isExecutable(named)) throw new DemoError(`${variable} names ${named}, which is no program.`);
    return realpathSync(named);
  }
  const folders = [...(env['PATH'] ?? '').split(path.delimiter), '/usr/sbin', '/usr/local/sbin'];
  for (const executable of executables)
    for (const folder of folders) {
      const file = path.join(folder, executable);
      if (path.isAbsolute(file) && isExecutable(file)) return realpathSync(file);
    }
  return undefined;
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
