import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { eventually } from '@hq-sync/testkit/eventually';
import { startTestCollector, type TestCollector } from '@hq-sync/testkit/test-collector';
import { PlayedChain } from './played-chain.js';

// Seconds on a free machine.
jest.setTimeout(120_000);

describe('a store that switches its server off at night', () => {
  let hq: TestCollector;
  let chain: PlayedChain;

  beforeEach(async () => {
    hq = await startTestCollector({ settings: { HQ_WATCH_INTERVAL_MS: '200' } });
    const { url, admin, database } = hq;
    const stores = [{ switchesOff: true } as const, {}];
    chain = await PlayedChain.open({ url, admin, pool: database.pool }, { speed: 60, stores });
    await chain.allTrade();
  });

  afterEach(async () => {
    await chain.close();
    await hq.stop();
  });

  it('says good-bye after closing, and is back before opening', async () => {
    const store = chain.store('s1');
    chain.setClock(22, 1);
    await eventually(
      'its tills are closed',
      () => chain.row('s1', 'open_registers::int'),
      ({ open_registers }) => open_registers === 0,
    );
    await chain.becomes('s1', 'connected');

    chain.setClock(23, 0);
    await chain.becomes('s1', 'disconnected', 'agent stopped');
    expect(store.server.up).toBe(false);
    await chain.becomes('s2', 'connected');

    chain.setClock(6, 31);
    await chain.becomes('s1', 'connected');
    expect(store.open).toBe(false);

    chain.setClock(7, 1);
    const sold = store.recentSales.length;
    await eventually('it sells again', () => store.recentSales.length > sold, Boolean);
    await chain.isExact();
    expect(await chain.connects('s1')).toBe(2);
    expect(await chain.connects('s2')).toBe(1);
  });
});
