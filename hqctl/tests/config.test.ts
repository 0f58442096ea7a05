import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { globalOptions, optionsOf } from '../src/command.js';
import { commands } from '../src/commands/table.js';
import { useDesk } from './desk.js';
import { inPlaceOfHq, nobody } from './stand-in.js';

const desk = useDesk();

describe('the token and the configuration', () => {
  test('no option is a token, and a running program shows it to nobody', async () => {
    const flags = [...globalOptions, ...commands.flatMap(optionsOf)].map(({ flags }) => flags);
    expect(flags.filter((one) => /^--(admin-)?token\b(?!-)/.test(one))).toEqual([]);
    let asked: () => void;
    const reached = new Promise<void>((resolve) => (asked = resolve));
    const silent = await inPlaceOfHq(desk.endings, () => asked());
    const running = desk.home.start(['stores', 'list'], {
      HQCTL_URL: silent,
      HQCTL_TOKEN: desk.hq.admin.token,
    });
    await reached;
    const line = readFileSync(`/proc/${running.child.pid}/cmdline`, 'utf8');
    running.child.kill('SIGKILL');
    await running;
    expect(line).toContain('stores');
    expect(line).not.toContain(desk.hq.admin.token);
  });

  test('a named profile counts alone, then the environment, then the default profile', async () => {
    desk.home.env = {};
    desk.home.file('token', desk.hq.admin.token);
    const set = (name: string, url: string) =>
      desk.home.start(['config', 'set', '--profile', name, '--url', url, '--token-file', 'token']);
    expect((await set('live', desk.hq.url)).code).toBe(0);
    expect((await set('away', nobody)).code).toBe(0);
    const list = async (args: string[], env = {}) =>
      (await desk.home.start(['stores', 'list', '--timeout', '0.3', ...args], env)).code;
    expect(await list([])).toBe(0);
    expect(await list(['--profile', 'away'])).toBe(3);
    expect(await list([], { HQCTL_URL: nobody })).toBe(3);
    expect(await list(['--profile', 'live'], { HQCTL_URL: nobody, HQCTL_TOKEN: 'wrong' })).toBe(0);
    expect(await list([], { HQCTL_TOKEN: 'wrong' })).toBe(4);
    expect(await list(['--profile', 'none'])).toBe(2);
    expect(await list([], { XDG_CONFIG_HOME: path.join(desk.home.folder, 'elsewhere') })).toBe(2);
    const shown = (await desk.home.start(['config', 'show'], { HQCTL_TOKEN: 'hqa_secret' })).stdout;
    expect(shown).toMatch(/Address +http:.* \(profile live\)\nToken +is set \(HQCTL_TOKEN\)/);
    expect(shown).not.toContain('hqa_secret');
  });

  test('a token that others can read, or that stands in the configuration, gets a warning', async () => {
    const open = await desk.home.start(['stores', 'list'], {
      HQCTL_TOKEN_FILE: desk.home.file('open', desk.hq.admin.token, 0o644),
    });
    expect(open).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(/^Warning: .*open can be read by others: chmod 600/),
    });
    const file = desk.home.file(
      'c.json',
      JSON.stringify({ profiles: { default: { url: desk.hq.url, token: desk.hq.admin.token } } }),
    );
    desk.home.env = {};
    const held = await desk.home.start(['stores', 'list', '--config', file]);
    expect(held).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(/^Warning: .* holds the token of profile default/),
    });
    expect(held.stderr).not.toContain(desk.hq.admin.token);
    const plain = await desk.home.start(['stores', 'list', '--timeout', '0.2'], {
      HQCTL_URL: 'http://hq.invalid',
      HQCTL_TOKEN: 'x',
    });
    expect(plain).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('http://hq.invalid is not encrypted'),
    });
  });
});
