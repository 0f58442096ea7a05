import { randomUUID } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { useDesk } from './desk.js';
import { askHq, inPlaceOfHq } from './stand-in.js';

const desk = useDesk();

async function newStore(): Promise<{ storeId: string }> {
  const storeId = `s-${randomUUID().slice(0, 8)}`;
  await desk.hq.admin.createStore({ storeId });
  return { storeId };
}

describe('sending', () => {
  test('a change whose answer was lost is made once', async () => {
    const keys: unknown[] = [];
    const url = await inPlaceOfHq(desk.endings, async (request, response, body) => {
      keys.push(request.headers['idempotency-key']);
      if (keys.length === 2) return response.writeHead(503).end('{"title":"away"}');
      const { status, headers, text } = await askHq(desk.hq.url, request, body);
      if (keys.length === 1) return request.socket.destroy();
      return response.writeHead(status, headers).end(text);
    });
    const { code, stderr } = await desk.home.start(
      ['stores', 'create', 'once', '--name', 'Once', '--timezone', 'UTC', '--currency', 'USD'],
      { HQCTL_URL: url },
    );
    expect({ code, stderr, tries: keys.length, keys: new Set(keys).size }).toEqual({
      code: 0,
      stderr: '',
      tries: 3,
      keys: 1,
    });
    expect(keys[0]).toMatch(/^[0-9a-f-]{36}$/);
  });

  test('a store that was changed after it was read stays as it is', async () => {
    const { storeId } = await newStore();
    const url = await inPlaceOfHq(desk.endings, async (request, response, body) => {
      if (request.method === 'PATCH')
        await desk.hq.admin.call('PATCH', `/stores/${storeId}`, { name: 'Theirs' });
      const { status, headers, text } = await askHq(desk.hq.url, request, body);
      response.writeHead(status, headers).end(text);
    });
    const { code, stderr } = await desk.home.start(['stores', 'change', storeId, '--name', 'Mine'], {
      HQCTL_URL: url,
    });
    expect({ code, stderr }).toEqual({ code: 6, stderr: 'hqctl: It has been changed since you read it\n' });
    expect((await desk.hq.admin.call('GET', `/stores/${storeId}`)).body.name).toBe('Theirs');
  });

  test('records come from stdin too, and a line that does not fit is named', async () => {
    const lines = Array.from({ length: 5_000 }, (_, n) =>
      JSON.stringify({ id: `u${n}`, data: { n, text: 'x'.repeat(200) } }),
    );
    const good = await desk.home.start(['records', 'upload', 'users', '-', '--json'], {}, lines.join('\n'));
    expect(JSON.parse(good.stdout)).toEqual({ lines: 5_000, changed: 5_000, deleted: 0, unchanged: 0 });
    const bad = await desk.home.start(
      ['records', 'upload', 'users', '-'],
      {},
      ['no JSON', ...lines].join('\n'),
    );
    expect(bad).toMatchObject({ code: 6, stderr: expect.stringContaining('line 1: is not JSON') });
  });

  test('--json is what HQ answered, and --all-pages every page of it', async () => {
    const { storeId } = await newStore();
    const { stdout } = await desk.home.start(['stores', 'show', storeId, '--json']);
    expect(stdout).toBe(`${JSON.stringify((await desk.hq.admin.call('GET', `/stores/${storeId}`)).body)}\n`);
    await newStore();
    const [first, second] = (
      await desk.home.start(['stores', 'list', '--limit', '1', '--all-pages', '--json'])
    ).stdout.split('\n');
    expect(JSON.parse(second!).items[0].storeId > JSON.parse(first!).items[0].storeId).toBe(true);
    expect((await desk.home.start(['stores', 'list', '--limit', '1'])).stdout).toMatch(
      /There is more: --after \S+, or --all-pages/,
    );
  });
});
