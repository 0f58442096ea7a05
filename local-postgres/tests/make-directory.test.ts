import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { makeDirectory } from '../src/make-directory.js';

describe('making a directory', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'make-directory-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  test('makes what is missing above it, and names the topmost', () => {
    const deep = path.join(folder, 'a', 'b', 'c');
    expect(makeDirectory(deep)).toBe(path.join(folder, 'a'));
    expect(statSync(deep).isDirectory()).toBe(true);
    expect(makeDirectory(path.join(folder, 'a', 'd'))).toBe(path.join(folder, 'a', 'd'));
    expect(makeDirectory(deep)).toBeUndefined();
  });

  test('ends where a file is in the way', () => {
    writeFileSync(path.join(folder, 'file'), '');
    expect(() => makeDirectory(path.join(folder, 'file'))).toThrow('EEXIST');
    expect(() => makeDirectory(path.join(folder, 'file', 'a', 'b'))).toThrow('EEXIST');
  });

  const onLinux = process.platform === 'linux' ? test : test.skip;
  onLinux('ends where the system has folders that nobody can make', () => {
    expect(() => makeDirectory('/proc/nope/a')).toThrow(
      "ENOENT: no such file or directory, mkdir '/proc/nope'",
    );
  });
});
