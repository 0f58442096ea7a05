import { describe, expect, test } from '@jest/globals';
import { eventually } from '@hq-sync/testkit/eventually';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { StoreAgent } from '../src/agent.js';
import { IntakeError } from '../src/intake-error.js';
import { newDataDir, newHq, noHq, sale, startAgent, startCommand } from './store.js';

const mib = 1024 ** 2;

describe('what was acknowledged to the POS', () => {
  test('is there after kill -9 right after the 200', async () => {
    const dataDir = newDataDir();
    const { child, url } = await startCommand(dataDir);
    const ended = new Promise((resolve) => child.on('exit', resolve));
    const response = await fetch(`${url}/v1/records/sales`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ id: 's-1', revision: 1, data: sale({ note: 'kept' }) }),
    });
    child.kill('SIGKILL');
    expect(response.status).toBe(200);
    await ended;

    const hq = await newHq();
    const agent = await startAgent({ dataDir, hqUrl: hq.url });
    const [push] = await eventually(
      'the push',
      () => hq.pushes,
      (pushes) => pushes.length > 0,
    );
    expect(push?.records).toEqual([{ id: 's-1', revision: 1, data: sale({ note: 'kept' }) }]);
    await eventually(
      'the answer',
      () => agent.status().pendingRecords,
      (pending) => pending === 0,
    );
  });

  test('is sent again when the agent died before it noted the answer of HQ', async () => {
    const hq = await newHq();
    const dataDir = newDataDir();
    hq.reply = () => 'never';
    const first = await startAgent({ dataDir, hqUrl: hq.url, pushTimeoutMs: 500 });
    first.enqueue('sales', { id: 's-1', revision: 1, data: sale() });
    await eventually(
      'the push',
      () => hq.pushes.length,
      (pushes) => pushes > 0,
    );
    await first.stop();
    const second = await startAgent({ dataDir });
    expect(second.status()).toMatchObject({ pendingRecords: 1, instanceId: first.status().instanceId });
  });
});

describe('intake is idempotent', () => {
  test('by id and revision; the order of keys does not matter, the content does', async () => {
    const agent = await startAgent({});
    const data = sale({ extra: { a: [1, { x: 1, y: 2 }], b: null } });
    expect(agent.enqueue('sales', { id: 's', revision: 1, data })).toBe('queued');
    const reordered = {
      ...Object.fromEntries(Object.entries(data).reverse()),
      extra: { b: null, a: [1, { y: 2, x: 1 }] },
    };
    expect(agent.enqueue('sales', { id: 's', revision: 1, data: reordered })).toBe('duplicate');
    expect(codeOf(() => agent.enqueue('sales', { id: 's', revision: 1, data: sale() }))).toBe(
      'revision_conflict',
    );
    expect(agent.enqueue('sales', { id: 's', revision: 3, data })).toBe('queued');
    expect(agent.enqueue('sales', { id: 's', revision: 2, data: sale() })).toBe('queued');
    expect(agent.enqueue('other', { id: 's', revision: 1, data: sale() })).toBe('queued');
    expect(agent.status().pendingRecords).toBe(4);
  });

  test('a batch is taken wholly or not at all', async () => {
    const agent = await startAgent({});
    const good = { id: 's-1', revision: 1, data: sale() };
    expect(codeOf(() => agent.enqueueAll('sales', [good, { id: 's-2', revision: 0, data: sale() }]))).toBe(
      'record_invalid',
    );
    expect(codeOf(() => agent.enqueueAll('sales', [good, { ...good, data: sale({ note: 'other' }) }]))).toBe(
      'revision_conflict',
    );
    expect(agent.status().pendingRecords).toBe(0);
    expect(agent.enqueueAll('sales', [good, good])).toEqual(['queued', 'duplicate']);
  });

  test('bad data is refused, unless the agent was told not to look', async () => {
    const strict = await startAgent({});
    const bad = { id: 's', revision: 1, data: sale({ grossMinor: 999 }) };
    expect(codeOf(() => strict.enqueue('sales', bad))).toBe('record_invalid');
    expect(codeOf(() => strict.enqueue('sales', { ...bad, data: { kind: 'gift' } }))).toBe('record_invalid');
    const lenient = await startAgent({ validate: false });
    expect(lenient.enqueue('sales', bad)).toBe('queued');
  });
});

describe('the bound on disk', () => {
  test('refuses records, purges what HQ has taken first, and takes records again', async () => {
    const hq = await newHq();
    const dataDir = newDataDir();
    const agent = await startAgent({ dataDir, maxDiskBytes: 2 * mib, validate: false });
    const note = 'x'.repeat(5_000);
    let queued = 0;
    const fill = (): string => {
      for (;;) {
        const code = codeOf(() => agent.enqueue('notes', { id: `n-${queued}`, revision: 1, data: { note } }));
        if (code !== null) return code;
        queued += 1;
      }
    };
    expect(fill()).toBe('queue_full');
    expect(queued).toBeGreaterThan(100);
    expect(agent.status().pendingRecords).toBe(queued);
    expect(agent.enqueue('notes', { id: 'n-0', revision: 1, data: { note } })).toBe('duplicate');
    expect(bytesIn(dataDir)).toBeLessThanOrEqual(2 * mib);
    const { usedBytes, limitBytes } = agent.status().disk;
    expect(usedBytes).toBeLessThanOrEqual(limitBytes);
    await agent.stop();

    const online = await startAgent({ dataDir, maxDiskBytes: 2 * mib, validate: false, hqUrl: hq.url });
    await eventually(
      'the queue to drain',
      () => online.status().pendingRecords,
      (pending) => pending === 0,
    );
    // all of it is still there, acknowledged; room is made of it
    for (let n = 0; n < 2 * queued; n += 1) {
      await eventually(
        'room',
        () => codeOf(() => online.enqueue('notes', { id: `m-${n}`, revision: 1, data: { note } })),
        (code) => code === null,
      );
    }
    await eventually(
      'all to pass',
      () => online.status().counters.accepted,
      (accepted) => accepted === 3 * queued,
    );
    expect(bytesIn(dataDir)).toBeLessThanOrEqual(2 * mib);
  });
});

describe('one agent at a time', () => {
  test('a second one on the directory is refused, in this process and in another', async () => {
    const dataDir = newDataDir();
    const { child } = await startCommand(dataDir);
    await expect(StoreAgent.start({ hqUrl: noHq, token: 't', dataDir })).rejects.toThrow(
      'another store agent',
    );
    const ended = new Promise((resolve) => child.on('exit', resolve));
    child.kill('SIGTERM');
    expect(await ended).toBe(0);
    const first = await startAgent({ dataDir });
    await expect(StoreAgent.start({ hqUrl: noHq, token: 't', dataDir })).rejects.toThrow(
      'another store agent',
    );
    await first.stop();
    const second = await startAgent({ dataDir });
    expect(second.status().instanceId).toBe(first.status().instanceId);
  });
});

function codeOf(work: () => unknown): string | null {
  try {
    work();
    return null;
  } catch (error) {
    if (error instanceof IntakeError) return error.code;
    throw error;
  }
}

function bytesIn(dir: string): number {
  return readdirSync(dir).reduce((sum, name) => sum + statSync(join(dir, name)).size, 0);
}
