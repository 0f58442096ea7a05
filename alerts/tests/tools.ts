import { test } from '@jest/globals';
import { spawnSync } from 'node:child_process';

const missing = new Set<string>();

/** A test where the tool is there; else one that is visibly skipped. */
export function testWith(
  tool: string,
  name: string,
  body: () => Promise<void> | void,
  timeoutMs?: number,
): void {
  if (spawnSync(tool, ['--version']).status === 0) return test(name, body, timeoutMs);
  if (!missing.has(tool)) console.warn(`skipped: no ${tool}`); // eslint-disable-line no-console -- a skip must be loud
  missing.add(tool);
  test.skip(`${name} (skipped: no ${tool})`, body);
}

/** Status and output of a tool that is run to its end; `stdout` is a part of the output. */
export function ran(
  tool: string,
  ...args: string[]
): { status: number | null; output: string; stdout: string } {
  const { status, stdout, stderr } = spawnSync(tool, args, { encoding: 'utf8' });
  return { status, output: stdout + stderr, stdout };
}
