import { describe, expect, test } from '@jest/globals';
import { useDesk } from './desk.js';
import { inPlaceOfHq, nobody } from './stand-in.js';

const desk = useDesk();

describe('exit codes', () => {
  const newName = ['--name', 'New', '--timezone', 'UTC', '--currency', 'USD'];

  test.each([
    ['an unknown command', ['stores', 'lose'], /unknown command 'lose'/],
    ['a missing argument', ['stores', 'show'], /missing required argument 'STORE'/],
    ['a value that does not fit', ['stores', 'list', '--limit', 'many'], /many is no whole number/],
    ['an id that an address cannot say', ['stores', 'show', '..'], /"\.\." is no storeId/],
    [
      'two scopes',
      ['maintenance', 'start', '--all', '--region', 'West', '--for', '2h', '--reason', 'x'],
      /one of --store, --region and --all/,
    ],
    ['a destructive call that was not confirmed', ['stores', 'archive', 'x'], /Archive x\?.* Say --yes/],
    ['a rollout to all that was not confirmed', ['rollouts', 'start', '--all'], /Say --yes/],
    [
      'a file that is not there',
      ['records', 'upload', 'products', 'none.ndjson'],
      /none\.ndjson cannot be read/,
    ],
    [
      'a configuration that is not there',
      ['stores', 'list', '--config', 'none.json'],
      /the configuration cannot be read/,
    ],
  ] as const)('2 for %s', async (_what, args, says) => {
    const { code, stderr, stdout } = await desk.home.start(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(says);
  });

  test('3 where nobody listens, and where nobody answers', async () => {
    const away = await desk.home.start(['stores', 'list', '--timeout', '0.5'], { HQCTL_URL: nobody });
    expect(away).toMatchObject({ code: 3, stderr: expect.stringContaining('HQ cannot be reached') });
    const silent = await inPlaceOfHq(desk.endings, () => undefined);
    const slow = await desk.home.start(['stores', 'list', '--timeout', '0.5'], { HQCTL_URL: silent });
    expect(slow).toMatchObject({ code: 3, stderr: expect.stringContaining('no answer within 0.5 s') });
  });

  test('4 without a valid token, and without the role', async () => {
    const wrong = await desk.home.start(['stores', 'list'], { HQCTL_TOKEN: 'hqa_wrong' });
    expect(wrong).toMatchObject({
      code: 4,
      stderr: expect.stringContaining('No valid admin token was sent'),
    });
    const { token } = (await desk.hq.admin.call('POST', '/admin-tokens', { name: 'reader', role: 'viewer' }))
      .body;
    const reader = await desk.home.start(['stores', 'create', 'new', ...newName], { HQCTL_TOKEN: token });
    expect(reader).toMatchObject({ code: 4, stderr: expect.stringContaining('This needs the role admin') });
  });

  test('5 for what is not there, 6 for what HQ refuses, with its reason', async () => {
    expect(await desk.home.start(['stores', 'show', 'none'])).toMatchObject({
      code: 5,
      stderr: 'hqctl: No such store\n',
    });
    const storeId = 's1';
    await desk.hq.admin.createStore({ storeId });
    expect(await desk.home.start(['stores', 'create', storeId, ...newName])).toMatchObject({
      code: 6,
      stderr: 'hqctl: A store has this id already\n',
    });
    const unfit = await desk.home.start(['stores', 'change', storeId, '--currency', 'dollars']);
    expect(unfit).toMatchObject({
      code: 6,
      stderr: expect.stringMatching(/body\.currency: must be an ISO 4217 code/),
    });
  });

  test('8 when HQ fails', async () => {
    const failing = await inPlaceOfHq(desk.endings, (_request, response) =>
      response.writeHead(500).end('<html>'),
    );
    expect(await desk.home.start(['stores', 'list'], { HQCTL_URL: failing })).toMatchObject({
      code: 8,
      stderr: 'hqctl: HTTP 500\n',
    });
  });
});
