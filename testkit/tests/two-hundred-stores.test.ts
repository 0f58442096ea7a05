import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { StoreAgent } from '@hq-sync/store-agent/agent';
import Database from 'libsql';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createStores } from '../src/crowd/create-stores.js';
import { eventually } from '../src/eventually.js';
import { publishedHash } from '../src/published-data.js';
import { RestorableCollector } from '../src/restorable-collector.js';

const count = 200;
const products = 300;
/** Of a broken run, not of a sound one: all 200 stores and HQ are in this process. */
const deadlineMs = 300_000;
const lookEveryMs = 100;

let hq: RestorableCollector;
let folder: string;
const agents = new Map<string, StoreAgent>();

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'two-hundred-'));
  hq = await RestorableCollector.start();
  await changePrices(100);
  for (const { storeId, token } of await createStores(hq.pool, 'store', count))
    agents.set(
      storeId,
      await StoreAgent.start({
        hqUrl: hq.url,
        token,
        storeId,
        dataDir: path.join(folder, storeId),
        intake: null,
        maxPullRecords: 50,
        pullEntities: ['products'],
      }),
    );
  await sameAsHq();
}, deadlineMs);
afterAll(async () => {
  await Promise.all([...agents.values()].map((agent) => agent.stop()));
  await hq.stop();
  await rm(folder, { recursive: true, force: true });
});

const changePrices = (priceMinor: number) =>
  hq.admin.changeRecords(
    'products',
    Array.from({ length: products }, (_, index) => ({
      id: `p${index}`,
      data: { priceMinor, name: `Product ${index}` },
    })),
  );

async function sameAsHq(): Promise<void> {
  const hash = await publishedHash(hq.pool, 'products', 'store-1');
  for (const [storeId, agent] of agents)
    await eventually(
      `the copy of ${storeId}`,
      () => agent.copyHash('products'),
      (copy) => copy === hash,
      deadlineMs,
    );
}

const rows = async (sql: string) => (await hq.pool.query<Record<string, number>>(sql)).rows;

/** Looks again and again until `end`. */
async function watch(look: () => Promise<void>, end: () => Promise<boolean>): Promise<void> {
  await eventually(
    'the end',
    async () => {
      await look();
      return end();
    },
    Boolean,
    deadlineMs,
    lookEveryMs,
  );
}

test(
  'a rollout to 200 stores keeps its bound, goes on after a restart of HQ, and leaves every copy as HQ has it',
  async () => {
    const maxRunning = 7;
    // Some copies are wrong in a way that no pull would mend.
    for (const storeId of [...agents.keys()].slice(0, 5)) {
      const copy = new Database(path.join(folder, storeId, 'hq-data.db'));
      copy.exec(
        `DELETE FROM records WHERE record_id = 'p1'; UPDATE records SET data = '{"priceMinor":1}' WHERE record_id = 'p2'`,
      );
      copy.close();
    }
    const { status, body } = await hq.admin.call('POST', '/resync-rollouts', {
      scope: { all: true },
      entities: ['products'],
      maxRunning,
    });
    expect({ status, stores: body.stores }).toEqual({ status: 201, stores: count });
    let most = 0;
    let looks = 0;
    let restarted = false;
    const rollout = async () => (await hq.admin.call('GET', `/resync-rollouts/${body.rolloutId}`)).body;
    await watch(
      async () => {
        const [now] = await rows(
          `select count(*) filter (where state = 'running')::int as running, count(*) filter (where state = 'done')::int as done from hq.resync_job`,
        );
        most = Math.max(most, now!['running']!);
        looks += 1;
        if (!restarted && now!['done']! >= count / 3) {
          restarted = true;
          await changePrices(200);
          await hq.restart();
        }
      },
      async () => (await rollout()).state === 'done',
    );
    process.stdout.write(
      `a rollout to ${count} stores: at most ${most} of ${maxRunning} at once in ${looks} looks\n`,
    );
    expect(restarted).toBe(true);
    expect(most).toBeLessThanOrEqual(maxRunning);
    expect(most).toBeGreaterThan(1);
    expect(await rollout()).toMatchObject({ done: count, failed: 0, cancelled: 0, percent: 100 });
    await sameAsHq();
  },
  deadlineMs * 2,
);

test(
  'all 200 get a new token while they push: each reconnects once, none is rejected',
  async () => {
    const before = await rows('select store_id, connects_total::int as connects from hq.store_connection');
    let sent = 0;
    // A tenth of them at each look: a steady trade, not a storm.
    const push = (): void => {
      for (const [index, agent] of [...agents.values()].entries()) {
        if ((index + sent) % 10 !== 0) continue;
        agent.enqueue('inventory_adjustments', {
          id: `a-${sent}`,
          revision: 1,
          data: { productId: 'p1', quantityDelta: 1, reason: 'count', adjustedAt: '2026-11-23T12:00:00Z' },
        });
      }
      sent += 1;
    };
    push();
    const { body } = await hq.admin.call('POST', '/token-rotations', {
      scope: { all: true },
      graceMinutes: 5,
    });
    expect(body).toEqual({ stores: count });
    const away = new Map<string, number>();
    let longest = 0;
    await watch(
      async () => {
        const nowMs = performance.now();
        const down = await hq.pool.query<{ store_id: string }>(
          `select store_id from hq_view.store_status where status <> 'connected'`,
        );
        const ids = new Set(down.rows.map(({ store_id }) => store_id));
        for (const storeId of away.keys()) if (!ids.has(storeId)) away.delete(storeId);
        for (const storeId of ids) away.set(storeId, away.get(storeId) ?? nowMs);
        longest = Math.max(longest, ...[...away.values()].map((since) => nowMs - since));
        push();
      },
      async () =>
        (
          await rows(
            `select count(*)::int as open from hq.store_command where command = 'rotate_token' and done_at is null`,
          )
        )[0]!['open'] === 0,
    );
    await eventually(
      'everything is pushed',
      () => [...agents.values()].filter((agent) => agent.status().pendingRecords > 0).length,
      (left) => left === 0,
      deadlineMs,
    );
    process.stdout.write(
      `${count} new tokens: the longest that a store was seen away was ${Math.round(longest)} ms\n`,
    );
    // Overloaded is what 200 stores at once on a small machine may meet.
    expect(await rows(`select * from hq.error_episode where kind <> 'overloaded'`)).toEqual([]);
    expect(await rows('select * from hq.auth_failure')).toEqual([]);
    const { body: old } = await hq.admin.call('GET', '/tokens?old=true');
    expect(old.items).toEqual([]);
    expect(
      await rows(
        `select count(*)::int as stores from hq_view.store_tokens where in_use and newest and state = 'active' and created_by = 'first admin'`,
      ),
    ).toEqual([{ stores: count }]);
    const after = await rows('select store_id, connects_total::int as connects from hq.store_connection');
    const again = after.map(
      ({ store_id, connects }) =>
        connects! - before.find((one) => one['store_id'] === store_id)!['connects']!,
    );
    expect(new Set(again)).toEqual(new Set([1]));
    expect(
      await rows(
        `select count(*)::int as records from hq.pushed_record where entity = 'inventory_adjustments'`,
      ),
    ).toEqual([{ records: (count / 10) * sent }]);
  },
  deadlineMs * 2,
);
