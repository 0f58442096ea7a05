import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { StoreAgent } from '@hq-sync/store-agent/agent';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { makeSale } from '../src/make-sale.js';
import { randomOf } from '../src/random.js';
import { ReplayPlayer } from '../src/replay-player.js';
import type { ReplayEvent } from '../src/replay.js';

describe('a replay', () => {
  let dataDir: string;
  let agent: StoreAgent;

  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'replay-'));
    // Nobody listens there: what is queued stays queued.
    agent = await StoreAgent.start({
      hqUrl: 'http://127.0.0.1:9',
      token: '',
      dataDir: join(dataDir, 'agent'),
      intake: null,
    });
  });

  afterEach(async () => {
    await agent.stop();
    await rm(dataDir, { recursive: true });
  });

  const events = Array.from({ length: 120 }, (_, index): ReplayEvent => {
    const context = { currency: 'USD', terminalId: 'T1', completedAt: '2017-11-22T10:00:00.000Z' };
    const record = { id: `s${index}`, revision: 1, data: makeSale(randomOf(`s${index}`), context) };
    return { storeId: '1', atMs: index * 60_000, entity: 'sales', record };
  });

  function player(speed: number): ReplayPlayer {
    return new ReplayPlayer(events, { dataDir, speed, agent: () => agent });
  }

  async function playUntil(target: ReplayPlayer, written: number): Promise<void> {
    target.start(0);
    while (target.written < written) await sleep(5);
    target.stop();
  }

  it('goes on where an earlier one stopped, and writes each event once', async () => {
    const first = player(Infinity);
    await playUntil(first, 1);
    const second = player(Infinity);
    expect(second.written).toBe(first.written);
    await playUntil(second, events.length);
    expect(second.done).toBe(true);
    expect(agent.status().pendingRecords).toBe(events.length);
  });

  it('keeps the time of the file, at its speed', async () => {
    const paced = player(60_000 * 1_000);
    const startedMs = performance.now();
    await playUntil(paced, events.length);
    const leastMs = 119 / 1_000;
    expect(performance.now() - startedMs).toBeGreaterThanOrEqual(leastMs);
    const slow = new ReplayPlayer(events.slice(0, 50), {
      dataDir: join(dataDir, 'slow'),
      speed: 1,
      agent: () => agent,
    });
    slow.start(0);
    await sleep(50);
    slow.stop();
    expect(slow.written).toBe(1);
  });
});
