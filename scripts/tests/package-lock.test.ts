import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { completed, missingOptional } from '../complete-lock.mjs';

interface Locked {
  version?: string;
  resolved?: string;
  link?: true;
  integrity?: string;
  dev?: true;
  optional?: true;
  os?: string[];
  cpu?: string[];
}

const text = readFileSync(new URL('../../package-lock.json', import.meta.url), 'utf8');
const lock = JSON.parse(text) as { packages: Record<string, Locked> };
const installed = Object.entries(lock.packages).filter(([place]) => place.includes('node_modules/'));

describe('package-lock.json', () => {
  it('has every optional package of every platform, without which npm ci refuses it', () => {
    expect(missingOptional(lock)).toEqual([]);
  });

  it('has the integrity of all but optional packages of other platforms', () => {
    const without = installed.filter(([, { link, integrity }]) => !link && integrity === undefined);
    for (const [place, entry] of without) {
      expect([place, entry]).toEqual([
        place,
        expect.objectContaining({ version: expect.any(String), optional: true, dev: true }),
      ]);
      expect([place, entry.os?.length, entry.cpu?.length]).toEqual([place, 1, 1]);
    }
  });

  it('names no host of a registry', () => {
    const resolved = installed.filter(([, { link }]) => !link).map(([, entry]) => entry.resolved);
    expect(resolved.filter((url) => url !== undefined)).toEqual([]);
    expect(text).not.toMatch(/registry|\.tgz/);
  });
});

describe('completing a lock', () => {
  const versions = (...names: string[]) => Object.fromEntries(names.map((name) => [name, '1.2.3']));

  it('adds what npm would have written, in its order', () => {
    const packages = {
      '': { devDependencies: { tool: '1.2.3' } },
      'node_modules/tool': {
        version: '1.2.3',
        dev: true,
        optionalDependencies: versions(
          'tool-darwin-arm64',
          'tool-linux-x64-musl',
          '@tool/win32-x64-msvc',
          'tool-there-linux-arm-eabi',
        ),
      },
      'node_modules/tool/node_modules/tool-there-linux-arm-eabi': { version: '1.2.3', dev: true },
      'node_modules/zebra': { version: '1.0.0' },
    };
    const whole = completed({ lockfileVersion: 3, packages });
    expect(missingOptional(whole)).toEqual([]);
    expect(Object.keys(whole.packages)).toEqual([
      '',
      'node_modules/@tool/win32-x64-msvc',
      'node_modules/tool',
      'node_modules/tool-darwin-arm64',
      'node_modules/tool-linux-x64-musl',
      'node_modules/tool/node_modules/tool-there-linux-arm-eabi',
      'node_modules/zebra',
    ]);
    expect(whole.packages['node_modules/tool-linux-x64-musl']).toEqual({
      version: '1.2.3',
      cpu: ['x64'],
      dev: true,
      libc: ['musl'],
      optional: true,
      os: ['linux'],
    });
    expect(completed(whole)).toEqual(whole);
  });

  it('does not guess', () => {
    const packages = { 'node_modules/a': { version: '1.0.0', optionalDependencies: { fsevents: '2.3.3' } } };
    expect(() => completed({ packages })).toThrow('fsevents@2.3.3');
  });
});
