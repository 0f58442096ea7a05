import { randomUUID } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { eventually } from '@hq-sync/testkit/eventually';
import { page, resync, type PullReply, type ScriptedHq } from './scripted-hq.js';
import { newDataDir, newHq, startAgent } from './store.js';

const connected = (agent: { status(): { connected: boolean } }) =>
  eventually('the welcome', () => agent.status().connected, Boolean);
const scansOf = (hq: ScriptedHq, entity: string) =>
  hq.pulls.filter((pull) => pull.entity === entity && pull.cursor === null).length;
const answered = (hq: ScriptedHq, count: number) =>
  eventually(
    `${count} answers`,
    () => hq.ofType('command_done'),
    (all) => all.length === count,
  );

/** Three records in pages of one each; nothing new after them. */
const threePages = ({ cursor }: { cursor: string | null }): PullReply => {
  const at = cursor === null ? 0 : Number(cursor.split('.')[0]);
  if (at >= 3) return page([], { cursor: '3.1' });
  return page([[`r${at}`, { at }]], { cursor: `${at + 1}.1`, more: at < 2, scanning: at < 2 });
};

describe('resync', () => {
  test('reads each entity from the start, and is done when the last page is confirmed', async () => {
    const hq = await newHq();
    hq.replyToPull = threePages;
    const agent = await startAgent({ hqUrl: hq.url, pullEntities: ['products', 'users'] });
    await eventually(
      'the first copy',
      () => hq.pulls.length,
      (pulls) => pulls === 8,
    );
    const order = resync(['users', 'users', 'products']);
    hq.say(order);
    const [done] = await answered(hq, 1);
    expect(done).toEqual({ type: 'command_done', commandId: order.commandId, outcome: 'done' });
    // three pages and the pull that confirms the last, each, and nothing more
    expect(hq.pulls).toHaveLength(16);
    expect([scansOf(hq, 'products'), scansOf(hq, 'users')]).toEqual([2, 2]);
    expect(hq.pulls.at(-1)?.confirm).toBeDefined();
    expect(agent.status().pull.map(({ records, scanning }) => [records, scanning])).toEqual([
      [3, false],
      [3, false],
    ]);

    hq.say(order);
    await answered(hq, 2);
    expect(hq.pulls).toHaveLength(16);
  });

  test('is cancelled: the entity goes on from the cursor before it, and nothing is dropped', async () => {
    const hq = await newHq();
    hq.replyToPull = threePages;
    const agent = await startAgent({ hqUrl: hq.url, pullEntities: ['products'], pullTimeoutMs: 300 });
    await eventually(
      'the first copy',
      () => hq.pulls.length,
      (pulls) => pulls === 4,
    );
    hq.replyToPull = (pull) => (pull.cursor === '1.1' ? 'never' : threePages(pull));
    const order = resync(['products']);
    hq.say(order);
    await eventually(
      'the middle of the scan',
      () => hq.pulls.at(-1)?.cursor,
      (cursor) => cursor === '1.1',
    );
    hq.replyToPull = threePages;
    const cancel = {
      type: 'command',
      commandId: randomUUID(),
      command: 'cancel_resync',
      cancels: order.commandId,
    };
    hq.say({ ...cancel, entities: ['products'] });
    expect(await answered(hq, 1)).toEqual([
      { type: 'command_done', commandId: cancel.commandId, outcome: 'done' },
    ]);
    hq.say({ type: 'news', entities: ['products'] });
    await eventually(
      'a pull from the cursor before',
      () => hq.pulls.at(-1)?.cursor,
      (cursor) => cursor === '3.1',
    );
    expect(scansOf(hq, 'products')).toBe(2);
    expect([...agent.entries('products')].map(({ id }) => id)).toEqual(['r0', 'r1', 'r2']);
    hq.say({ ...cancel, commandId: randomUUID(), cancels: randomUUID() });
    expect(await answered(hq, 2)).toHaveLength(2);
  });

  test('goes on after a restart where it was, said once or often, and starts anew only for another order', async () => {
    const hq = await newHq();
    const dataDir = newDataDir();
    hq.replyToPull = threePages;
    const pullEntities = ['products'];
    const first = await startAgent({ hqUrl: hq.url, dataDir, pullEntities });
    await eventually(
      'the first copy',
      () => hq.pulls.length,
      (pulls) => pulls === 4,
    );
    hq.replyToPull = (pull) => (pull.cursor === '1.1' ? 'never' : threePages(pull));
    const order = resync(pullEntities);
    hq.say(order);
    hq.say(order);
    await eventually(
      'the middle of the scan',
      () => hq.pulls.at(-1)?.cursor === '1.1' && scansOf(hq, 'products'),
      (scans) => scans === 2,
    );
    hq.say(order);
    await first.stop();
    expect(hq.ofType('command_done')).toEqual([]);

    hq.replyToPull = threePages;
    hq.welcome = { commands: [order] as never };
    await connected(await startAgent({ hqUrl: hq.url, dataDir, pullEntities }));
    expect((await answered(hq, 1))[0]).toMatchObject({ commandId: order.commandId, outcome: 'done' });
    expect(scansOf(hq, 'products')).toBe(2);

    const another = resync(pullEntities);
    hq.say(another);
    expect((await answered(hq, 2))[1]).toMatchObject({ commandId: another.commandId, outcome: 'done' });
    expect(scansOf(hq, 'products')).toBe(3);
  });

  test('an order that comes while another reads is done by a reading that began after it', async () => {
    const hq = await newHq();
    hq.replyToPull = (pull) => (pull.cursor === '1.1' ? 'never' : threePages(pull));
    const pullEntities = ['products'];
    const agent = await startAgent({ hqUrl: hq.url, pullEntities, pullTimeoutMs: 300 });
    await connected(agent);
    const orders = [resync(pullEntities), resync(pullEntities)];
    for (const order of orders) hq.say(order);
    await eventually(
      'the scans',
      () => scansOf(hq, 'products'),
      (scans) => scans >= 2,
    );
    hq.replyToPull = threePages;
    const answers = await answered(hq, 2);
    expect(answers.map(({ commandId }) => commandId).sort()).toEqual(
      orders.map(({ commandId }) => commandId).sort(),
    );
  });

  test.each([
    ['none', undefined],
    ['an empty list', []],
    ['a name', 'products'],
    ['names that are none', ['Products!']],
    ['numbers', [1]],
    ['what this store does not pull', ['loyalty']],
  ])('is refused with entities that are %s', async (_, entities) => {
    const hq = await newHq();
    const waiting = resync(entities);
    hq.welcome = { commands: [waiting] as never };
    const agent = await startAgent({ hqUrl: hq.url });
    await connected(agent);
    const order = resync(entities);
    hq.say(order);
    const answers = await answered(hq, 2);
    expect(answers.map(({ commandId, outcome }) => [commandId, outcome])).toEqual([
      [waiting.commandId, 'refused'],
      [order.commandId, 'refused'],
    ]);
  });

  test('leaves out what this store does not pull, and says so', async () => {
    const hq = await newHq();
    const agent = await startAgent({ hqUrl: hq.url });
    await connected(agent);
    hq.say(resync(['loyalty', 'products']));
    expect((await answered(hq, 1))[0]).toMatchObject({
      outcome: 'done',
      message: 'not pulled here: loyalty',
    });
  });
});
