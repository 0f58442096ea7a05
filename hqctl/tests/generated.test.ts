import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { commands } from '../src/commands/table.js';
import { manual } from '../src/manual.js';
import { Home } from './started.js';

let home: Home;
beforeEach(() => {
  home = new Home();
});
afterEach(() => home.remove());

describe('completion', () => {
  const shellsHere = (['bash', 'zsh', 'fish'] as const).filter(
    (shell) => spawnSync(shell, ['-c', 'true']).status === 0,
  );

  test.each(['bash', 'zsh', 'fish'] as const)('the script of %s is sound', async (shell) => {
    const { stdout, code } = await home.start(['completion', shell]);
    expect(code).toBe(0);
    for (const { words } of commands) expect(stdout).toContain(words.split(' ')[1] ?? words);
    if (!shellsHere.includes(shell))
      return void console.warn(`skipped: no ${shell}, so the syntax of its script is not checked`); // eslint-disable-line no-console -- a skip must be loud
    const checked = spawnSync(shell, ['-n', home.file('script', stdout)], { encoding: 'utf8' });
    expect({ status: checked.status, stderr: checked.stderr }).toEqual({ status: 0, stderr: '' });
  });

  test.each([
    ['hqctl sta', ['status']],
    ['hqctl --json resync sta', ['start']],
    ['hqctl resync start s1 --pre', ['--preview']],
    ['hqctl errors list --kind rec', ['record_rejected']],
    ['hqctl completion z', ['zsh']],
    ['hqctl admin-tokens create me op', ['operator']],
    ['hqctl records upload products prod', ['products.ndjson']],
    ['hqctl stores list --region ', []],
  ] as const)('bash completes "%s"', async (line, expected) => {
    home.file('products.ndjson', '');
    const file = home.file('script', (await home.start(['completion', 'bash'])).stdout);
    const words = line
      .split(' ')
      .map((word) => `'${word}'`)
      .join(' ');
    const asked = `source ${file}; COMP_WORDS=(${words}); COMP_CWORD=$((\${#COMP_WORDS[@]} - 1)); _hqctl; echo "\${COMPREPLY[@]}"`;
    const { stdout, stderr } = spawnSync('bash', ['--norc', '-c', asked], {
      encoding: 'utf8',
      cwd: home.folder,
    });
    expect({ words: stdout.split(/\s/).filter(Boolean), stderr }).toEqual({ words: expected, stderr: '' });
  });
});

test('docs/hqctl.md is what the table says', () => {
  const document = readFileSync(new URL('../../docs/hqctl.md', import.meta.url), 'utf8');
  const words = (text: string) => text.replaceAll(/[\s|-]+/g, ' ');
  expect(words(document)).toBe(words(manual()));
});
