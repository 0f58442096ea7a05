import { mkdirSync, statSync } from 'node:fs';
import path from 'node:path';

/**
 * Makes a directory and those above it that are missing, with `mode` less the umask; returns the topmost that it made, or undefined.
 * Not by mkdir's own `recursive`, which loops for ever where mkdir says ENOENT although the parent exists: /proc.
 * Throws the file system's own error.
 */
export function makeDirectory(directory: string, mode = 0o777): string | undefined {
  if (isDirectory(directory)) return undefined;
  const parent = path.dirname(directory);
  const topmostMade = parent === directory ? undefined : makeDirectory(parent, mode);
  try {
    mkdirSync(directory, mode);
  } catch (error) {
    // Another process may have been quicker.
    if (!isDirectory(directory)) throw error;
    return topmostMade;
  }
  return topmostMade ?? directory;
}

function isDirectory(file: string): boolean {
  try {
    return statSync(file).isDirectory();
  } catch {
    return false;
  }
}
