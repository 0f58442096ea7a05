import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { RestorableCollector } from '@hq-sync/testkit/restorable-collector';
import { eventually } from '@hq-sync/testkit/eventually';
import { startTestCollector } from '@hq-sync/testkit/test-collector';
import { ownAgentVersion } from '@hq-sync/store-agent/agent-version';
import { fleetScenarios } from '../src/programme.js';
import { PlayedChain, type ChainHq, type ChainOptions } from './played-chain.js';

// Seconds on a free machine.
jest.setTimeout(120_000);

/** The last number of our agent's version, raised. */
const raised = (by: number) => ownAgentVersion.replace(/\d+$/, (number) => String(Number(number) + by));

let chain: PlayedChain;
let stopHq: () => Promise<void>;

async function open(hq: ChainHq & { stop(): Promise<void> }, options: ChainOptions): Promise<void> {
  stopHq = () => hq.stop();
  chain = await PlayedChain.open(hq, options);
  await chain.allTrade();
}

async function collector(): Promise<ChainHq & { stop(): Promise<void> }> {
  const hq = await startTestCollector({ settings: { HQ_WATCH_INTERVAL_MS: '200' } });
  return { url: hq.url, admin: hq.admin, pool: hq.database.pool, stop: () => hq.stop() };
}

afterEach(async () => {
  await chain.close();
  await stopHq();
});

describe('an update wave', () => {
  it('takes the stores down one after the other, and each comes back once with a newer agent', async () => {
    const stores = ['s1', 's2', 's3', 's4'].map((storeId) => ({ storeId }));
    await open(await collector(), { speed: 60, stores });
    const wave = chain.stores.slice(0, 3);
    await chain.store('s2').server.switchOff();
    await chain.becomes('s2', 'disconnected', 'agent stopped');
    await chain.play((context) => fleetScenarios['update-wave'](wave, context));

    await chain.becomes('s2', 'disconnected', 'agent stopped');
    await chain.store('s2').server.switchOn();
    await chain.allBecome('connected');
    const versions = await Promise.all(
      chain.stores.map(async ({ chainStore }) => {
        const { agent_version } = await chain.row(chainStore.storeId, 'agent_version');
        return [chainStore.storeId, agent_version, await chain.connects(chainStore.storeId)];
      }),
    );
    expect(versions).toEqual([
      ['s1', raised(1), 2],
      ['s2', ownAgentVersion, 2],
      ['s3', raised(1), 2],
      ['s4', ownAgentVersion, 1],
    ]);
    expect(chain.said).toEqual([
      `an update wave to ${raised(1)} begins: 2 stores`,
      `2 of 2 stores are back with ${raised(1)}`,
    ]);
    await chain.isExact();
  });

  it('that is played again brings a version newer still, and is over soon when the simulator stops', async () => {
    await open(await collector(), { speed: 60, stores: [{}, {}] });
    const wave = fleetScenarios['update-wave'];
    await chain.play((context) => wave(chain.stores, context));
    const stopped = () => Promise.reject(new Error('stopped'));
    await expect(wave(chain.stores, { ...chain.context(), pause: stopped })).rejects.toThrow('stopped');
    expect(chain.stores.map(({ server }) => [server.up, server.agentVersion])).toEqual([
      [true, raised(2)],
      [true, raised(1)],
    ]);
    await chain.allBecome('connected');
    await chain.isExact();
  });
});

describe('a region cut off', () => {
  it('is disconnected, and nothing else is; then it is back with all that it sold', async () => {
    const fleetIncidents = ['region-cut'] as const;
    const west = { region: 'West', fleetIncidents };
    await open(await collector(), { speed: 60, stores: [west, west, west, { region: 'East' }] });
    const region = chain.stores.slice(0, 3);
    await chain.play(
      (context) => fleetScenarios['region-cut'](region, context),
      async () => {
        for (const storeId of ['s1', 's2', 's3'])
          await chain.becomes(storeId, 'disconnected', 'socket closed');
        await chain.becomes('s4', 'connected');
        await chain.publish(2);
        await eventually(
          'the tills go on selling',
          () => region.map(({ server }) => server.running.status().pendingRecords),
          (pending) => pending.every((records) => records > 5),
        );
      },
    );
    await chain.allBecome('connected');
    expect(chain.said[0]).toBe('a provider fails: all 3 stores of West lose their lines');
    expect(await chain.connects('s4')).toBe(1);
    await chain.isExact();
  });
});

describe('HQ restored from an older backup', () => {
  it('gets again what it has forgotten, once, and its stores have what it publishes', async () => {
    const hq = await RestorableCollector.start();
    await open(hq, { speed: 60, stores: [{}, {}] });
    const inTheBackup = async () => {
      const { rows } = await hq.pool.query(`select 1 from hq_view.pushed_records where entity = 'sales'`);
      return rows.length;
    };
    let backedUp = 0;
    await chain.play(
      (context) => fleetScenarios['hq-restored'](chain.stores, context),
      async () => {
        backedUp = await inTheBackup();
        await chain.publish(2);
        for (const store of chain.stores) await chain.hasPulled(store);
        await eventually('HQ gets sales', inTheBackup, (count) => count > backedUp + 20, 60_000);
      },
      () => chain.allBecome('connected'),
    );
    await chain.isExact();
    await chain.publish(3);
    await chain.isExact();
  });

  it('is not played where nobody can restore HQ', async () => {
    await open(await collector(), { speed: 60, stores: [{}] });
    const playing = chain.play((context) => fleetScenarios['hq-restored'](chain.stores, context));
    await expect(playing).rejects.toThrow('nobody here can restore HQ');
  });
});
