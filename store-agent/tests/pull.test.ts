// One subject: the pull loop against a scripted HQ; long because each answer that HQ or the line can give is a case of its own.

import { describe, expect, test } from '@jest/globals';
import { limits } from '@hq-sync/protocol/limits';
import { problemOf } from '@hq-sync/protocol/problem';
import { eventually } from '@hq-sync/testkit/eventually';
import type { StoreAgent } from '../src/agent.js';
import { agentLimits } from '../src/limits.js';
import { acceptAll, page, type Pull, type PullReply, type ScriptedHq } from './scripted-hq.js';
import { newDataDir, newHq, sale, startAgent } from './store.js';

const problemReply = (
  code: Parameters<typeof problemOf>[0],
  headers: Record<string, string> = {},
): PullReply => {
  const body = problemOf(code, {});
  return { status: body.status, headers, body: JSON.stringify(body) };
};

/** Answers the pulls one after the other; what comes after the last answer finds nothing new. */
function script(hq: ScriptedHq, ...replies: ((pull: Pull) => PullReply)[]): void {
  const left = [...replies];
  hq.replyToPull = (pull) => left.shift()?.(pull) ?? page([], { cursor: pull.cursor ?? '1.1' });
}

const idsOf = (agent: StoreAgent, entity = 'products') => [...agent.entries(entity)].map(({ id }) => id);
const copyOf = (agent: StoreAgent) => agent.status().pull.find(({ entity }) => entity === 'products')!;
const products = { pullEntities: ['products'] };

describe('a store that pulls', () => {
  test('takes pages of every entity after a welcome, and confirms each with the next pull', async () => {
    const hq = await newHq();
    const pageIds = ['1e40f2ca-6c0f-4d7e-9a40-0c6a8b3f1a01', '2e40f2ca-6c0f-4d7e-9a40-0c6a8b3f1a02'];
    hq.replyToPull = ({ entity, cursor }) => {
      if (entity !== 'products') return page([], { cursor: '9.9' });
      if (cursor === null) {
        const records = [
          ['a', { price: 1 }],
          ['b', { price: 2 }],
          ['c', { price: 3 }],
        ] as const;
        return page(records, { id: pageIds[0]!, cursor: '1.1', more: true, scanning: true });
      }
      if (cursor === '1.1') {
        const records = [
          ['b', null],
          ['a', { price: 5 }],
        ] as const;
        return page(records, { id: pageIds[1]!, cursor: '2.1' });
      }
      return page([], { cursor });
    };
    const agent = await startAgent({ hqUrl: hq.url });
    await eventually(
      'the confirmation',
      () => hq.pulls.filter(({ entity }) => entity === 'products'),
      (pulls) => pulls.length === 3,
    );
    const pulls = hq.pulls.filter(({ entity }) => entity === 'products');
    expect(pulls.map(({ cursor, confirm }) => [cursor, confirm])).toEqual([
      [null, undefined],
      ['1.1', pageIds[0]],
      ['2.1', pageIds[1]],
    ]);
    expect(pulls[0]?.headers.authorization).toBe('Bearer secret-token');
    expect(new Set(hq.pulls.map(({ entity }) => entity)).size).toBe(6);
    expect([...agent.entries('products')]).toEqual([
      { id: 'a', data: { price: 5 } },
      { id: 'c', data: { price: 3 } },
    ]);
    expect(agent.read('products', 'a')).toEqual({ price: 5 });
    expect(agent.read('products', 'b')).toBeNull();
    expect(copyOf(agent)).toMatchObject({ records: 2, scanning: false, lastError: null });
    expect(copyOf(agent).lastPullAt).not.toBeNull();
  });

  test('pulls what the news name and nothing else, and every so often without any', async () => {
    const hq = await newHq();
    const agent = await startAgent({ hqUrl: hq.url });
    await eventually(
      'the pulls after the welcome',
      () => hq.pulls.length,
      (pulls) => pulls === 6,
    );
    hq.say({ type: 'news', entities: ['users', 'loyalty'] });
    await eventually(
      'the pull',
      () => hq.pulls.length,
      (pulls) => pulls === 7,
    );
    expect(hq.pulls.at(-1)).toMatchObject({ entity: 'users' });
    await agent.stop();
    expect(hq.pulls).toHaveLength(7);

    await startAgent({ hqUrl: hq.url, ...products, pullIntervalMs: 200 });
    await eventually(
      'pulls without news',
      () => hq.pulls.length,
      (pulls) => pulls >= 11,
    );
  });

  test('says in the heartbeat what it knows to wait, with the try to come, and only then', async () => {
    const hq = await newHq();
    hq.welcome = { heartbeatIntervalMs: 250 };
    const agent = await startAgent({ hqUrl: hq.url, ...products });
    const waiting = () =>
      hq
        .ofType('heartbeat')
        .at(-1)
        ?.queues.filter(({ direction }) => direction === 'pull');
    await eventually(
      'the first pull',
      () => copyOf(agent).lastPullAt,
      (at) => at !== null,
    );
    await eventually('a heartbeat', waiting, (queues) => queues?.length === 0);
    hq.replyToPull = () => problemReply('overloaded', { 'retry-after': '200' });
    hq.say({ type: 'news', entities: ['products'] });
    const [queue] = (await eventually('the claim', waiting, (queues) => queues?.[0]?.attempt === 1))!;
    expect(queue).toMatchObject({ entity: 'products', pendingRecords: 1, attempt: 1 });
    expect(Date.parse(queue!.nextTryAt!) - Date.now()).toBeGreaterThan(150_000);
    expect(copyOf(agent).lastError).toMatchObject({ code: 'overloaded' });
    expect(hq.pulls).toHaveLength(2);
  });
});

test('a push under way goes first, but holds prices up for a second at most', async () => {
  const hq = await newHq();
  const agent = await startAgent({ hqUrl: hq.url, ...products });
  await eventually(
    'the first pull',
    () => hq.pulls.length,
    (pulls) => pulls === 1,
  );
  hq.reply = () => 'never';
  agent.enqueue('sales', { id: 's-1', revision: 1, data: sale() });
  await eventually(
    'the push',
    () => hq.pushes.length,
    (pushes) => pushes === 1,
  );
  const startedMs = performance.now();
  hq.say({ type: 'news', entities: ['products'] });
  await eventually(
    'the pull',
    () => hq.pulls.length,
    (pulls) => pulls === 2,
  );
  expect(performance.now() - startedMs).toBeGreaterThan(agentLimits.yieldToPushMs - 100);
  expect(agent.status().pendingRecords).toBe(1);
});

describe('what goes wrong', () => {
  test.each([
    ['that ends without its last line', (reply: { body: string | Buffer }) => ({ ...reply, cut: false })],
    ['whose connection breaks', (reply: { body: string | Buffer }) => ({ ...reply, cut: true })],
  ])('a body %s is not applied, and asked for again', async (_, change) => {
    const hq = await newHq();
    const whole = page([
      ['a', { price: 1 }],
      ['b', { price: 2 }],
    ]);
    script(
      hq,
      () => change({ ...whole, body: whole.body.toString().split('\n').slice(0, 2).join('\n') }) as PullReply,
      () => whole,
    );
    const agent = await startAgent({ hqUrl: hq.url, ...products });
    await eventually(
      'the failure',
      () => copyOf(agent),
      ({ lastError }) => lastError !== null,
    );
    expect([idsOf(agent), copyOf(agent).lastPullAt]).toEqual([[], null]);
    await eventually(
      'the records',
      () => idsOf(agent).join(),
      (ids) => ids === 'a,b',
    );
    expect(hq.pulls.slice(0, 2).map(({ cursor }) => cursor)).toEqual([null, null]);
  });

  test('a body without end is refused at the bound, and fewer records asked for', async () => {
    const hq = await newHq();
    const line = `${JSON.stringify({ id: 'a', data: { text: 'x'.repeat(100_000) } })}\n`;
    script(
      hq,
      () => ({ status: 200, body: line.repeat(400) }),
      () => page([['a', {}]]),
    );
    const agent = await startAgent({ hqUrl: hq.url, ...products });
    await eventually(
      'the records',
      () => idsOf(agent).length,
      (count) => count === 1,
    );
    expect(copyOf(agent).lastError).toMatchObject({ code: 'page_too_large' });
    expect(hq.pulls.map(({ maxRecords }) => maxRecords).slice(0, 2)).toEqual([5_000, 2_500]);
  });

  test('a single record of the largest size is taken', async () => {
    const hq = await newHq();
    const text = 'x'.repeat(limits.maxPageBytes);
    script(hq, () => page([['a', { text }]]));
    const agent = await startAgent({ hqUrl: hq.url, ...products });
    await eventually(
      'the record',
      () => idsOf(agent).length,
      (count) => count === 1,
    );
    expect(agent.read('products', 'a')).toEqual({ text });
  });

  test('an answer that never comes is given up and reported; pages shrink until they come, and grow again', async () => {
    const hq = await newHq();
    let records = 0;
    hq.replyToPull = ({ maxRecords }) => {
      if (records === 0 && maxRecords! > 100) return 'never';
      records += 1;
      return page([[`r${records}`, {}]], { more: records < 12, scanning: records < 12 });
    };
    const agent = await startAgent({ hqUrl: hq.url, ...products, pullTimeoutMs: 300, maxPullRecords: 500 });
    await eventually(
      'the records',
      () => idsOf(agent).length,
      (count) => count >= 12,
    );
    const asked = hq.pulls.map(({ maxRecords }) => maxRecords!);
    expect(asked.slice(0, 4)).toEqual([500, 250, 125, 62]);
    expect(asked.at(-1)).toBeGreaterThan(490);
    const [report] = await eventually(
      'the report',
      () => hq.ofType('report'),
      (reports) => reports.length > 0,
    );
    expect(report).toMatchObject({ code: 'store_timeout', entity: 'products', direction: 'pull' });
  });

  test.each(['cursor_expired', 'cursor_unknown'] as const)(
    '%s: the records stay readable until everything has been read again',
    async (code) => {
      const hq = await newHq();
      script(
        hq,
        () =>
          page([
            ['a', { price: 1 }],
            ['b', { price: 1 }],
          ]),
        () => page([]),
        () => problemReply(code),
        () => page([['a', { price: 2 }]], { cursor: '5.5', more: true, scanning: true }),
        () => problemReply('overloaded', { 'retry-after': '1' }),
        () => page([['c', { price: 3 }]], { cursor: '6.5' }),
      );
      const agent = await startAgent({ hqUrl: hq.url, ...products });
      await eventually(
        'the first copy',
        () => hq.pulls.length,
        (pulls) => pulls === 2,
      );
      hq.say({ type: 'news', entities: ['products'] });
      await eventually(
        'the scan begins',
        () => hq.pulls.length,
        (pulls) => pulls === 5,
      );
      expect(hq.pulls[3]).toMatchObject({ cursor: null });
      expect(copyOf(agent).scanning).toBe(true);
      expect([...agent.entries('products')]).toEqual([
        { id: 'a', data: { price: 2 } },
        { id: 'b', data: { price: 1 } },
      ]);
      await eventually(
        'the scan ends',
        () => copyOf(agent).scanning,
        (scanning) => !scanning,
      );
      expect(idsOf(agent)).toEqual(['a', 'c']);
      expect(copyOf(agent).records).toBe(2);
    },
  );

  test('a rejected token holds both directions, and a new one ends the wait', async () => {
    const hq = await newHq();
    hq.refuseUpgrade = { status: 401 };
    hq.reply = (push) =>
      push.headers.authorization === 'Bearer good'
        ? { status: 200, body: acceptAll(push) }
        : { status: 401, body: problemOf('token_revoked', {}) };
    hq.replyToPull = (pull) =>
      pull.headers.authorization === 'Bearer good' ? page([]) : problemReply('token_revoked');
    const agent = await startAgent({ hqUrl: hq.url, ...products, pullIntervalMs: 400 });
    agent.enqueue('sales', { id: 's-1', revision: 1, data: sale() });
    await eventually(
      'the refusal',
      () => hq.pushes.length,
      (pushes) => pushes === 1,
    );
    await eventually(
      'the end of the refused connection',
      () => agent.status().lastError?.code,
      (code) => code !== undefined,
    );
    agent.enqueue('sales', { id: 's-2', revision: 1, data: sale() });
    hq.refuseUpgrade = null;
    agent.setToken('good');
    await eventually(
      'both directions',
      () => agent.status(),
      (now) => now.pendingRecords === 0 && now.pull[0]!.lastPullAt !== null,
    );
    const refused = [...hq.pushes, ...hq.pulls].filter(
      ({ headers }) => headers.authorization !== 'Bearer good',
    );
    expect(refused).toHaveLength(1);
  });

  test('an entity that HQ does not know waits by itself', async () => {
    const hq = await newHq();
    hq.replyToPull = ({ entity }) => (entity === 'loyalty' ? problemReply('entity_unknown') : page([]));
    const agent = await startAgent({
      hqUrl: hq.url,
      pullEntities: ['loyalty', 'products'],
      pullIntervalMs: 200,
    });
    await eventually(
      'the others',
      () => hq.pulls.filter(({ entity }) => entity === 'products').length,
      (pulls) => pulls > 3,
    );
    expect(hq.pulls.filter(({ entity }) => entity === 'loyalty')).toHaveLength(1);
    expect(agent.status().pull[0]?.lastError).toMatchObject({ code: 'entity_unknown' });
  });

  test('what the local database cannot take is reported, keeps its older state, and blocks nothing', async () => {
    const hq = await newHq();
    // SQLite's JSON ends at 1000 levels
    const deep = `{"id":"deep","data":{"x":${'['.repeat(1_100)}${']'.repeat(1_100)}}}\n`;
    const odd = `{"id":"odd","data":7}\n{"id":\n`;
    script(
      hq,
      () =>
        page([
          ['deep', { price: 1 }],
          ['odd', { price: 1 }],
          ['gone', {}],
        ]),
      () => page([]),
      () => problemReply('cursor_expired'),
      () => {
        const rest = page(
          [
            ['a', {}],
            ['b', {}],
          ],
          { records: 5 },
        );
        return { status: 200, body: `${deep}${odd}${rest.body.toString()}` };
      },
    );
    const agent = await startAgent({ hqUrl: hq.url, ...products });
    await eventually(
      'the first copy',
      () => hq.pulls.length,
      (pulls) => pulls === 2,
    );
    hq.say({ type: 'news', entities: ['products'] });
    await eventually(
      'the records',
      () => idsOf(agent).join(),
      (ids) => ids === 'a,b,deep,odd',
    );
    expect(agent.read('products', 'deep')).toEqual({ price: 1 });
    const reports = await eventually(
      'the reports',
      () => hq.ofType('report'),
      (all) => all.length === 3,
    );
    expect(reports.map(({ code, recordId, direction }) => [code, recordId, direction]).sort()).toEqual([
      ['record_invalid', 'odd', 'pull'],
      ['record_not_json', undefined, 'pull'],
      ['record_unstorable', 'deep', 'pull'],
    ]);
  });

  test('a copy at its bound says so and refuses no sale', async () => {
    const hq = await newHq();
    let n = 0;
    hq.replyToPull = () =>
      page([[`r${(n += 1)}`, { text: 'x'.repeat(200_000) }]], { more: true, scanning: true });
    const agent = await startAgent({
      hqUrl: hq.url,
      ...products,
      maxCopyBytes: agentLimits.minCopyBytes,
      maxDiskBytes: agentLimits.minDiskBytes,
    });
    await eventually(
      'the bound',
      () => copyOf(agent).lastError?.code,
      (code) => code === 'copy_full',
    );
    expect(copyOf(agent).records).toBeGreaterThan(1);
    expect(idsOf(agent)).toHaveLength(copyOf(agent).records);
    expect(agent.enqueue('sales', { id: 's-1', revision: 1, data: sale() })).toBe('queued');
    const [report] = await eventually(
      'the report',
      () => hq.ofType('report'),
      (all) => all.length > 0,
    );
    expect(report).toMatchObject({ code: 'record_unstorable', entity: 'products', direction: 'pull' });
  });

  test('a record that moves while everything is read from the start is never missing', async () => {
    const hq = await newHq();
    script(
      hq,
      () =>
        page([
          ['a', {}],
          ['moved', { price: 1 }],
        ]),
      () => page([]),
      () => problemReply('cursor_expired'),
      () => page([['a', {}]], { cursor: '5.5', more: true, scanning: true }),
      // HQ's reading has come to its end, but what changed meanwhile is on the next page
      () => page([['b', {}]], { cursor: '7.5', more: true, scanning: false }),
      () => problemReply('overloaded', { 'retry-after': '1' }),
      () => page([['moved', { price: 2 }]], { cursor: '8.5' }),
    );
    const agent = await startAgent({ hqUrl: hq.url, ...products });
    await eventually(
      'the first copy',
      () => hq.pulls.length,
      (pulls) => pulls === 2,
    );
    hq.say({ type: 'news', entities: ['products'] });
    await eventually(
      'the pause before the last page',
      () => hq.pulls.length,
      (pulls) => pulls === 6,
    );
    expect(agent.read('products', 'moved')).toEqual({ price: 1 });
    await eventually(
      'the last page',
      () => agent.read('products', 'moved')?.price,
      (price) => price === 2,
    );
    await eventually(
      'the sweep',
      () => copyOf(agent).scanning,
      (scanning) => !scanning,
    );
    expect(idsOf(agent)).toEqual(['a', 'b', 'moved']);
  });

  test('a data directory that gets another store begins anew', async () => {
    const hq = await newHq();
    const dataDir = newDataDir();
    script(hq, () => page([['a', {}]]));
    const first = await startAgent({ hqUrl: hq.url, dataDir, ...products });
    await eventually(
      'the copy',
      () => hq.pulls.length,
      (pulls) => pulls === 2,
    );
    await first.stop();
    hq.welcome = {
      store: { storeId: 'store-2', name: 'S', timezone: 'UTC', currency: 'USD', dayCutover: '00:00' },
    };
    script(hq, () => page([['b', {}]]));
    const second = await startAgent({ hqUrl: hq.url, dataDir, ...products });
    await eventually(
      'the other copy',
      () => idsOf(second).join(),
      (ids) => ids === 'b',
    );
    expect(hq.pulls[2]).toMatchObject({ cursor: null });
  });
});
