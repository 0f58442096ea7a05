import { describe, expect, test } from '@jest/globals';
import { eventually } from '@hq-sync/testkit/eventually';
import { randomUUID } from 'node:crypto';
import { acceptAll, pushNow } from './scripted-hq.js';
import { newDataDir, newHq, sale, startAgent } from './store.js';

const connected = (agent: { status(): { connected: boolean } }) =>
  eventually('the welcome', () => agent.status().connected, Boolean);

describe('connection', () => {
  test('hello says who the store is, the heartbeat how it is', async () => {
    const hq = await newHq();
    const agent = await startAgent({ hqUrl: hq.url, storeId: 'store-1', agentVersion: '1.2.3' });
    await connected(agent);
    const { instanceId } = agent.status();
    expect(hq.ofType('hello')).toMatchObject([
      { storeId: 'store-1', agentVersion: '1.2.3', instanceId, hqEpoch: null },
    ]);
    const [first] = await eventually(
      'a heartbeat',
      () => hq.ofType('heartbeat'),
      (beats) => beats.length > 0,
    );
    expect(first).toMatchObject({ openRegisters: [], lastSaleAt: null, withheldRecords: 0 });
    expect(first?.queues.map((queue) => queue.entity).sort()).toEqual([
      'inventory_adjustments',
      'register_sessions',
      'sales',
    ]);
  });

  test('a till that opens is in a heartbeat at once, several in one a second later, and again after a restart', async () => {
    const hq = await newHq();
    const dataDir = newDataDir();
    const agent = await startAgent({ hqUrl: hq.url, dataDir });
    await connected(agent);
    const terminals = () =>
      hq
        .ofType('heartbeat')
        .at(-1)
        ?.openRegisters.map((register) => register.terminalId);
    const before = hq.ofType('heartbeat').length;
    for (const terminalId of ['a', 'b', 'c'])
      agent.openRegister({ terminalId, openedAt: '2026-11-23T08:00:00-07:00' });
    await eventually('the tills', terminals, (list) => list?.join() === 'a,b,c', 2_000);
    expect(hq.ofType('heartbeat').length - before).toBeLessThanOrEqual(2);
    agent.closeRegister('b');
    await eventually('the closing', terminals, (list) => list?.join() === 'a,c', 2_000);
    await agent.stop();
    const again = await startAgent({ hqUrl: hq.url, dataDir });
    await connected(again);
    await eventually(
      'the tills',
      () => hq.ofType('hello').length === 2 && terminals()?.join(),
      (list) => list === 'a,c',
    );
    expect(hq.ofType('hello')[1]?.hqEpoch).not.toBeNull();
  });

  test('heartbeats stop and resume as a simulation asks', async () => {
    const hq = await newHq();
    hq.welcome = { heartbeatIntervalMs: 250 };
    const agent = await startAgent({ hqUrl: hq.url });
    await connected(agent);
    agent.faults.stopHeartbeats();
    const before = hq.ofType('heartbeat').length;
    agent.openRegister({ terminalId: 'a', openedAt: '2026-11-23T08:00:00-07:00' });
    // the answer to a command proves that what was sent before it has arrived
    hq.say(pushNow());
    await eventually(
      'the answer',
      () => hq.ofType('command_done').length,
      (answers) => answers === 1,
    );
    expect(hq.ofType('heartbeat').length).toBeLessThanOrEqual(before + 1);
    const muted = hq.ofType('heartbeat').length;
    agent.faults.resumeHeartbeats();
    await eventually(
      'heartbeats',
      () => hq.ofType('heartbeat').length,
      (beats) => beats > muted + 1,
      3_000,
    );
  });

  test('a report is repeated with its id until it was received', async () => {
    const hq = await newHq();
    hq.received = false;
    hq.welcome = { limits: { maxBatchRecords: 10, maxBatchBytes: 10_000, maxRecordBytes: 1_000 } };
    const dataDir = newDataDir();
    const agent = await startAgent({ hqUrl: hq.url, dataDir });
    await connected(agent);
    agent.enqueue('sales', { id: 'large', revision: 1, data: sale({ note: 'x'.repeat(2_000) }) });
    await eventually(
      'the report',
      () => hq.ofType('report').length,
      (reports) => reports === 1,
    );
    hq.sockets.at(-1)?.terminate();
    await eventually(
      'the report again',
      () => hq.ofType('report').length,
      (reports) => reports === 2,
    );
    agent.enqueue('sales', { id: 'large-2', revision: 1, data: sale({ note: 'x'.repeat(2_000) }) });
    await eventually(
      'the other report',
      () => hq.ofType('report').length,
      (reports) => reports === 3,
    );
    await agent.stop();

    hq.received = true;
    const restarted = await startAgent({ hqUrl: hq.url, dataDir });
    await connected(restarted);
    const reports = await eventually(
      'both',
      () => hq.ofType('report'),
      (all) => all.length === 5,
    );
    expect(new Set(reports.map((report) => report.reportId)).size).toBe(2);
    hq.sockets.at(-1)?.terminate();
    await eventually(
      'a new connection',
      () => hq.ofType('hello').length,
      (hellos) => hellos === 4,
    );
    hq.say(pushNow());
    await eventually(
      'the answer',
      () => hq.ofType('command_done').length,
      (answers) => answers === 1,
    );
    expect(hq.ofType('report')).toHaveLength(5);
  });

  test('a frame that this version does not know is ignored, a command refused', async () => {
    const hq = await newHq();
    const agent = await startAgent({ hqUrl: hq.url });
    const unknown = { type: 'command', commandId: randomUUID(), command: 'make_coffee' };
    const known = pushNow();
    hq.welcome = { commands: [unknown, known] as never };
    await connected(agent);
    hq.say({ type: 'weather', sunny: true });
    hq.sockets[0]?.send('no json');
    const answers = await eventually(
      'both answers',
      () => hq.ofType('command_done'),
      (all) => all.length === 2,
    );
    expect(Object.fromEntries(answers.map((answer) => [answer.commandId, answer.outcome]))).toEqual({
      [unknown.commandId]: 'refused',
      [known.commandId]: 'done',
    });
    expect(agent.status().connected).toBe(true);
  });

  test('a silent HQ is given up and connected to again', async () => {
    const hq = await newHq();
    hq.pings = false;
    const agent = await startAgent({ hqUrl: hq.url });
    await connected(agent);
    await eventually(
      'the next connection',
      () => hq.ofType('hello').length,
      (hellos) => hellos === 2,
      18_000,
    );
    expect(agent.status().lastError?.code).toBe('connection_silent');
  }, 25_000);

  test('good-bye says when to come back', async () => {
    const hq = await newHq();
    const agent = await startAgent({ hqUrl: hq.url });
    await connected(agent);
    const saidAt = performance.now();
    hq.say({ type: 'goodbye', reconnectAfterMs: 1_500 });
    hq.sockets[0]?.close(1012);
    await eventually(
      'the next connection',
      () => hq.ofType('hello').length,
      (hellos) => hellos === 2,
      5_000,
    );
    expect(performance.now() - saidAt).toBeGreaterThanOrEqual(1_490);
  });

  test('pushing needs no socket', async () => {
    const hq = await newHq();
    hq.refuseUpgrade = { status: 500 };
    const agent = await startAgent({ hqUrl: hq.url });
    agent.enqueue('sales', { id: 's-1', revision: 1, data: sale() });
    await eventually(
      'the record to pass',
      () => agent.status().pendingRecords,
      (pending) => pending === 0,
    );
    expect(agent.status().connected).toBe(false);
    expect(hq.pushes.map(acceptAll)).toMatchObject([{ accepted: 1 }]);
  });

  test('stop closes with 1000', async () => {
    const hq = await newHq();
    const agent = await startAgent({ hqUrl: hq.url });
    await connected(agent);
    const closed = new Promise((resolve) => hq.sockets[0]?.on('close', resolve));
    await agent.stop();
    expect(await closed).toBe(1000);
  });
});
