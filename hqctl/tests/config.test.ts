import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { startTestCollector, type TestCollector } from '@hq-sync/testkit/test-collector';
import { globalOptions, optionsOf } from '../src/command.js';
import { commands } from '../src/commands/table.js';
import { Home } from './started.js';
import { inPlaceOfHq, nobody } from './stand-in.js';

let hq: TestCollector;
let home: Home;
const endings: (() => unknown)[] = [];
beforeAll(async () => {
  hq = await startTestCollector({ settings: { HQ_WATCH_INTERVAL_MS: '200' } });
});
afterAll(() => hq.stop());
beforeEach(() => {
  home = new Home();
  home.knows(hq.url, hq.admin.token);
});
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
  home.remove();
});

describe('the token and the configuration', () => {
  test('no option is a token, and a running program shows it to nobody', async () => {
    const flags = [...globalOptions, ...commands.flatMap(optionsOf)].map(({ flags }) => flags);
    expect(flags.filter((one) => /^--(admin-)?token\b(?!-)/.test(one))).toEqual([]);
    let asked: () => void;
    const reached = new Promise<void>((resolve) => (asked = resolve));
    const silent = await inPlaceOfHq(endings, () => asked());
    const running = home.start(['stores', 'list'], { HQCTL_URL: silent, HQCTL_TOKEN: hq.admin.token });
    await reached;
    const line = readFileSync(`/proc/${running.child.pid}/cmdline`, 'utf8');
    running.child.kill('SIGKILL');
    await running;
    expect(line).toContain('stores');
    expect(line).not.toContain(hq.admin.token);
  });

  test('a named profile counts alone, then the environment, then the default profile', async () => {
    home.env = {};
    home.file('token', hq.admin.token);
    const set = (name: string, url: string) =>
      home.start(['config', 'set', '--profile', name, '--url', url, '--token-file', 'token']);
    expect((await set('live', hq.url)).code).toBe(0);
    expect((await set('away', nobody)).code).toBe(0);
    const list = async (args: string[], env = {}) =>
      (await home.start(['stores', 'list', '--timeout', '0.3', ...args], env)).code;
    expect(await list([])).toBe(0);
    expect(await list(['--profile', 'away'])).toBe(3);
    expect(await list([], { HQCTL_URL: nobody })).toBe(3);
    expect(await list(['--profile', 'live'], { HQCTL_URL: nobody, HQCTL_TOKEN: 'wrong' })).toBe(0);
    expect(await list([], { HQCTL_TOKEN: 'wrong' })).toBe(4);
    expect(await list(['--profile', 'none'])).toBe(2);
    expect(await list([], { XDG_CONFIG_HOME: path.join(home.folder, 'elsewhere') })).toBe(2);
    const shown = (await home.start(['config', 'show'], { HQCTL_TOKEN: 'hqa_secret' })).stdout;
    expect(shown).toMatch(/Address +http:.* \(profile live\)\nToken +is set \(HQCTL_TOKEN\)/);
    expect(shown).not.toContain('hqa_secret');
  });

  test('a token that others can read, or that stands in the configuration, gets a warning', async () => {
    const open = await home.start(['stores', 'list'], {
      HQCTL_TOKEN_FILE: home.file('open', hq.admin.token, 0o644),
    });
    expect(open).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(/^Warning: .*open can be read by others: chmod 600/),
    });
    const file = home.file(
      'c.json',
      JSON.stringify({ profiles: { default: { url: hq.url, token: hq.admin.token } } }),
    );
    home.env = {};
    const held = await home.start(['stores', 'list', '--config', file]);
    expect(held).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(/^Warning: .* holds the token of profile default/),
    });
    expect(held.stderr).not.toContain(hq.admin.token);
    const plain = await home.start(['stores', 'list', '--timeout', '0.2'], {
      HQCTL_URL: 'http://hq.invalid',
      HQCTL_TOKEN: 'x',
    });
    expect(plain).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('http://hq.invalid is not encrypted'),
    });
  });
});
