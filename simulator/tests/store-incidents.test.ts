import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { eventually } from '@hq-sync/testkit/eventually';
import { startTestCollector, type TestCollector } from '@hq-sync/testkit/test-collector';
import type { StoreIncident } from '../src/incident-name.js';
import { storeScenarios } from '../src/programme.js';
import type { SimulatedStore } from '../src/store.js';
import { PlayedChain } from './played-chain.js';

const storeId = 's1';
const settings = {
  HQ_WATCH_INTERVAL_MS: '200',
  HQ_HEARTBEAT_INTERVAL_MS: '500',
  // Under the wire's own, so that an agent can be over it.
  HQ_MAX_BATCH_RECORDS: '200',
};
let hq: TestCollector;
// Seconds on a free machine.
jest.setTimeout(120_000);

let chain: PlayedChain;
let store: SimulatedStore;

/** A chain of one store that trades, and is connected and in sync. */
async function open(incident: StoreIncident, speed = 60): Promise<void> {
  hq = await startTestCollector({ settings });
  const { url, admin, database } = hq;
  chain = await PlayedChain.open({ url, admin, pool: database.pool }, { speed, stores: [{ incident }] });
  store = chain.store(storeId);
  await chain.allTrade();
}

afterEach(async () => {
  await chain.close();
  await hq.stop();
});

const play = (incident: StoreIncident, ...troubles: (() => Promise<unknown>)[]) =>
  chain.play((context) => storeScenarios[incident](store, context), ...troubles);
const has = (what: string, holds: () => boolean) => eventually(what, holds, Boolean, 60_000);

describe('a slow and lossy line', () => {
  it('leaves the store behind, connected, and all of it comes through', async () => {
    await open('slow-line', 10);
    await play('slow-line', async () => {
      await chain.becomes(storeId, 'connected');
      await eventually(
        'the backlog at HQ',
        () => chain.row(storeId, 'pending_records::int'),
        ({ pending_records }) => pending_records > 50,
      );
      await chain.publish(2);
      await has('half of it', () => store.server.running.status().pendingRecords < 150);
    });
    expect(chain.said.at(-1)).toMatch(/^the line is fast again; \d+ records wait/);
    expect(await chain.connects(storeId)).toBe(1);
    await chain.isExact();
  });
});

describe('a store server that is replaced', () => {
  it('pulls all of HQ by itself, and the sales of the old one count once', async () => {
    await open('replaced-machine');
    await chain.hasPulled(store);
    const before = store.server.running.status();
    await play('replaced-machine', async () => {
      await chain.becomes(storeId, 'disconnected', 'agent stopped');
      await chain.publish(2);
    });
    await chain.becomes(storeId, 'connected');
    const after = store.server.running.status();
    expect(after.instanceId).not.toBe(before.instanceId);
    const sold = store.recentSales.length;
    await has('the tills go on selling', () => store.recentSales.length > sold);
    await eventually(
      'its tills are open',
      () => chain.row(storeId, 'open_registers::int'),
      ({ open_registers }) => open_registers > 0,
    );
    await chain.isExact();
  });

  it('whose POS writes its newest sales again has its batch split, and each counts once', async () => {
    await open('oversized-batch');
    const before = store.server.running.status();
    await play('oversized-batch');
    await chain.isExact();
    const { instanceId, counters } = store.server.running.status();
    expect(instanceId).not.toBe(before.instanceId);
    expect(counters.duplicates).toBeGreaterThanOrEqual(300);
    const { rows } = await chain.hq.pool.query(
      `select code from hq_view.sync_errors where store_id = 's1' group by code`,
    );
    expect(rows).toEqual([{ code: 'batch_too_large' }]);
  });
});

describe('a store server that was cloned', () => {
  it('is named a duplicate; both push what they have, and each sale counts once', async () => {
    await open('cloned-machine');
    await chain.hasPulled(store);
    await play('cloned-machine', async () => {
      await chain.becomes(storeId, 'connected', 'duplicate store server');
      await chain.publish(2);
      const sold = store.recentSales.length;
      await has('the tills go on selling', () => store.recentSales.length > sold);
    });
    expect(store.server.running.status().connected).toBe(true);
    expect(await chain.connects(storeId)).toBe(3);
    await chain.isExact();
    expect(await chain.ends(storeId, 'replaced')).toBe(1);
    const { rows: twice } = await chain.hq.pool.query(
      `select sum(duplicate)::int as sales from hq_view.sync_log where entity = 'sales'`,
    );
    expect(twice[0].sales).toBeGreaterThan(0);
    await eventually(
      'nothing that HQ has published waits for the store',
      () =>
        chain.hq.pool.query<{ entity: string }>(
          `select entity from hq_view.store_pulls
           where store_id = 's1' and head = confirmed_position and not page_unconfirmed and head > 0 order by 1`,
        ),
      ({ rows }) => rows.map(({ entity }) => entity).join() === 'products,users',
    );
  });

  it('is forgotten as a duplicate ten minutes after the clone was switched off', async () => {
    await open('cloned-machine');
    await play('cloned-machine', () => chain.becomes(storeId, 'connected', 'duplicate store server'));
    await chain.hq.pool.query(
      `update hq.store_connection set duplicate_server_at = duplicate_server_at - interval '10 minutes'`,
    );
    await chain.becomes(storeId, 'connected');
    await chain.isExact();
  });
});
