import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { eventually } from '@hq-sync/testkit/eventually';
import { publishedHash, publishedRecords } from '@hq-sync/testkit/published-data';
import { startTestCollector, type TestCollector } from '@hq-sync/testkit/test-collector';
import Database from 'libsql';
import { join } from 'node:path';
import type { StoreAgent } from '../src/agent.js';
import { resync, type Pull, type PullReply } from './scripted-hq.js';
import { newDataDir, newHq, startAgent, startCommand } from './store.js';

let hq: TestCollector;
const tokens = new Map<string, string>();
beforeAll(async () => {
  hq = await startTestCollector({ settings: { HQ_WATCH_INTERVAL_MS: '200' } });
  for (const storeId of ['s1', 's2', 's3', 's4', 's5']) {
    await hq.admin.createStore({ storeId });
    tokens.set(storeId, (await hq.admin.generateToken(storeId)).token);
  }
});
afterAll(() => hq.stop());

async function change(entity: string, lines: readonly unknown[]): Promise<void> {
  expect(await hq.admin.changeRecords(entity, lines)).toEqual({ status: 200, body: expect.anything() });
}

const records = (count: number, price: number) =>
  Array.from({ length: count }, (_, n) => ({
    id: `r${n}`,
    data: { price, name: `Käse ${n}`, tags: [n, null] },
  }));

const sameAsHq = (agent: StoreAgent, entity: string, storeId: string) =>
  eventually(
    `${entity} as at HQ`,
    async () => [await agent.copyHash(entity), await publishedHash(hq.database.pool, entity, storeId)],
    ([copy, atHq]) => copy === atHq,
  );

const token = (storeId: string): string => tokens.get(storeId)!;
const pulledTotal = async (entity: string, storeId: string): Promise<number> => {
  const { rows } = await hq.database.pool.query<{ records: number }>(
    `select records_total::int as records from hq.store_entity
     where store_id = $1 and entity = $2 and direction = 'pull'`,
    [storeId, entity],
  );
  return rows[0]?.records ?? 0;
};

/** Pulls of the real HQ behind a socket that a test has in its hands. */
const fromHq = async ({ entity, headers, ...asked }: Pull): Promise<PullReply> => {
  const response = await fetch(`${hq.url}/v1/pull/${entity}`, {
    method: 'POST',
    headers: { authorization: headers.authorization!, 'content-type': 'application/json' },
    body: JSON.stringify(asked),
  });
  return { status: response.status, body: await response.text() };
};

describe('an agent and HQ', () => {
  test('hold the same after changes, deletes and sets, and HQ knows what is confirmed', async () => {
    await change('products', records(1_200, 100));
    const agent = await startAgent({ hqUrl: hq.url, token: token('s1') });
    await sameAsHq(agent, 'products', 's1');
    expect([...agent.entries('products')]).toEqual(
      await publishedRecords(hq.database.pool, 'products', 's1'),
    );
    await eventually(
      'the confirmations',
      () => pulledTotal('products', 's1'),
      (total) => total === 1_200,
    );

    await change('products', [...records(10, 200), { id: 'r11', deleted: true }, { id: 'new', data: {} }]);
    await sameAsHq(agent, 'products', 's1');
    expect(agent.read('products', 'r3')).toMatchObject({ price: 200 });
    expect(agent.read('products', 'r11')).toBeNull();

    await hq.admin.call('PUT', '/sets/north', { storeIds: ['s1'] });
    await change('users', [
      { id: 'anna', data: { pin: 1 }, set: 'north' },
      { id: 'sven', data: { pin: 2 } },
    ]);
    await eventually(
      'the users',
      () => [...agent.entries('users')].length,
      (count) => count === 2,
    );
    await hq.admin.call('PUT', '/sets/north', { storeIds: [] });
    await eventually(
      'the leaver is gone',
      () => agent.read('users', 'anna'),
      (data) => data === null,
    );
    await sameAsHq(agent, 'users', 's1');
  });

  test('hold the same large records in a script of three bytes a character', async () => {
    const data = { text: '漢'.repeat(80_000) };
    await change(
      'customers',
      Array.from({ length: 24 }, (_, n) => ({ id: `c${n}`, data })),
    );
    const agent = await startAgent({ hqUrl: hq.url, token: token('s5'), pullEntities: ['customers'] });
    await sameAsHq(agent, 'customers', 's5');
  });

  test('a price reaches a connected store', async () => {
    const agent = await startAgent({ hqUrl: hq.url, token: token('s1') });
    await sameAsHq(agent, 'products', 's1');
    await eventually('the welcome', () => agent.status().connected, Boolean);
    const times: number[] = [];
    for (let price = 1_000; price < 1_005; price += 1) {
      const startedMs = performance.now();
      await change('products', [{ id: 'r1', data: { price } }]);
      await eventually(
        'the price',
        () => agent.read('products', 'r1')?.price,
        (held) => held === price,
      );
      times.push(Math.round(performance.now() - startedMs));
    }
    process.stdout.write(`a price was at the store after ${times.join(', ')} ms\n`);
    expect(Math.max(...times)).toBeLessThan(15_000);
  });

  test('a page is counted once when the store is killed between applying and confirming it', async () => {
    await change('promotions', records(40, 1));
    const front = await newHq();
    front.welcome = {
      store: { storeId: 's2', name: 'Two', timezone: 'UTC', currency: 'USD', dayCutover: '00:00' },
    };
    let confirming = false;
    front.replyToPull = (pull) => {
      if (pull.confirm === undefined) return fromHq(pull);
      confirming = true;
      return 'never';
    };
    const dataDir = newDataDir();
    const { child } = await startCommand(dataDir, front.url, token('s2'));
    const ended = new Promise((resolve) => child.on('exit', resolve));
    await eventually('the first confirmation', () => confirming, Boolean);
    child.kill('SIGKILL');
    await ended;
    const total = async () =>
      (
        await Promise.all(['products', 'promotions', 'users'].map((entity) => pulledTotal(entity, 's2')))
      ).join();
    expect(await pulledTotal('promotions', 's2')).toBe(0);

    const agent = await startAgent({ hqUrl: hq.url, token: token('s2'), dataDir });
    for (const entity of ['promotions', 'products', 'users']) await sameAsHq(agent, entity, 's2');
    const held = (entity: string) => [...agent.entries(entity)].length;
    const expected = ['products', 'promotions', 'users'].map(held).join();
    await eventually('the confirmations', total, (counted) => counted === expected);
    // the page that was applied was not sent again
    const { rows } = await hq.database.pool.query<{ records: number }>(
      `select sum(records)::int as records from hq.sync_log where store_id = 's2' and direction = 'pull' and entity = 'promotions'`,
    );
    expect(rows).toEqual([{ records: 40 }]);
  });

  test('an empty data directory gets everything again by itself', async () => {
    const options = { hqUrl: hq.url, token: token('s3') };
    const first = await startAgent(options);
    await sameAsHq(first, 'products', 's3');
    await first.stop();
    const second = await startAgent(options);
    await sameAsHq(second, 'products', 's3');
    expect(second.status().instanceId).not.toBe(first.status().instanceId);
  });

  test('a cursor that is not HQ’s, as in a damaged copy, starts over', async () => {
    const dataDir = newDataDir();
    const options = { hqUrl: hq.url, token: token('s3'), dataDir };
    const first = await startAgent(options);
    await sameAsHq(first, 'products', 's3');
    await first.stop();
    for (const cursor of ['zzz', '999999.1']) {
      edit(dataDir, `UPDATE entities SET cursor = '${cursor}'; DELETE FROM records WHERE record_id > 'r5'`);
      const again = await startAgent(options);
      await sameAsHq(again, 'products', 's3');
      await again.stop();
    }
  });
});

describe('a resync', () => {
  test('cures extra and altered rows, goes on after a restart, and keeps what changed meanwhile', async () => {
    await change('departments', records(1_600, 5));
    const front = await newHq();
    front.replyToPull = fromHq;
    const dataDir = newDataDir();
    const options = {
      hqUrl: front.url,
      token: token('s4'),
      dataDir,
      pullEntities: ['departments'],
      maxPullRecords: 500,
    };
    const first = await startAgent(options);
    await sameAsHq(first, 'departments', 's4');
    await first.stop();
    edit(
      dataDir,
      `INSERT INTO records SELECT 'departments', 'extra-' || record_id, scan, data FROM records LIMIT 300;
       UPDATE records SET data = '{"price":0}' WHERE record_id IN ('r7', 'r1599');
       DELETE FROM records WHERE record_id = 'r9'`,
    );
    const second = await startAgent(options);
    await eventually(
      'the planted rows',
      () => second.read('departments', 'r7')?.price,
      (price) => price === 0,
    );

    const order = resync(['departments']);
    let pages = 0;
    front.replyToPull = (pull) => ((pages += 1) > 2 ? 'never' : fromHq(pull));
    await eventually('the welcome', () => second.status().connected, Boolean);
    front.say(order);
    await eventually(
      'the middle of the scan',
      () => pages,
      (count) => count === 3,
    );
    expect(second.read('departments', 'extra-r1')).not.toBeNull();
    await change('departments', [
      { id: 'r2', data: { price: 77 } },
      { id: 'r1500', data: { price: 78 } },
      { id: 'r3', deleted: true },
    ]);
    await second.stop();

    front.replyToPull = fromHq;
    front.welcome = { commands: [order] as never };
    const before = front.pulls.length;
    const third = await startAgent(options);
    await eventually(
      'the answer',
      () => front.ofType('command_done').length,
      (count) => count > 0,
    );
    expect(front.pulls.slice(before).every(({ cursor }) => cursor !== null)).toBe(true);
    await sameAsHq(third, 'departments', 's4');
    expect(third.read('departments', 'r2')).toEqual({ price: 77 });
    expect(third.read('departments', 'r1500')).toEqual({ price: 78 });
    expect(third.status().pull[0]?.records).toBe(1_599);
  });
});

function edit(dataDir: string, sql: string): void {
  const db = new Database(join(dataDir, 'hq-data.db'));
  db.exec(sql);
  db.pragma('journal_mode = DELETE');
  db.close();
}
