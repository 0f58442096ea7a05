import { describe, expect, test } from '@jest/globals';
import { problemOf } from '@hq-sync/protocol/problem';
import { eventually } from '@hq-sync/testkit/eventually';
import { acceptAll, answerOf, pushNow, type PushReply } from './scripted-hq.js';
import { adjustment, newDataDir, newHq, sale, startAgent } from './store.js';

const problemReply = (...args: Parameters<typeof problemOf>): Exclude<PushReply, 'never'> => {
  const body = problemOf(...args);
  return { status: body.status, body };
};

describe('push', () => {
  test('queued records reach HQ in order, in batches of one entity', async () => {
    const hq = await newHq();
    const agent = await startAgent({ hqUrl: hq.url, batchLimits: { maxBatchRecords: 4 } });
    for (let n = 1; n <= 10; n += 1) agent.enqueue('sales', { id: `s-${n}`, revision: 1, data: sale() });
    agent.enqueue('inventory_adjustments', { id: 'a-1', revision: 1, data: adjustment() });

    await eventually(
      'the queue to drain',
      () => agent.status().pendingRecords,
      (pending) => pending === 0,
    );
    const sales = hq.pushes.filter((push) => push.entity === 'sales');
    expect(sales.flatMap((push) => push.records.map((record) => record.id))).toEqual(
      Array.from({ length: 10 }, (_, n) => `s-${n + 1}`),
    );
    expect(Math.max(...sales.map((push) => push.records.length))).toBe(4);
    expect(hq.pushes[0]?.headers).toMatchObject({
      authorization: 'Bearer secret-token',
      'hq-schema-version': '2',
    });
    expect(agent.status().counters).toMatchObject({
      accepted: 11,
      duplicates: 0,
      quarantined: 0,
      retries: 0,
    });
  });

  test('what HQ quarantines is settled, the rest of the batch too', async () => {
    const hq = await newHq();
    hq.reply = (push) => ({
      status: 200,
      body: answerOf(push, (line) => (line === 2 ? 'quarantined' : 'accepted')),
    });
    const agent = await startAgent({ hqUrl: hq.url });
    agent.enqueueAll(
      'sales',
      [1, 2, 3].map((n) => ({ id: `s-${n}`, revision: 1, data: sale() })),
    );
    await eventually(
      'the queue to drain',
      () => agent.status().pendingRecords,
      (pending) => pending === 0,
    );
    expect(agent.status().counters).toMatchObject({ accepted: 2, quarantined: 1 });
  });

  test('an answer that names other lines acknowledges nothing', async () => {
    const hq = await newHq();
    hq.reply = (push) =>
      hq.pushes.length > 1
        ? { status: 200, body: acceptAll(push) }
        : { status: 200, body: acceptAll({ ...push, records: push.records.slice(0, 1) }) };
    const agent = await startAgent({ hqUrl: hq.url });
    agent.enqueueAll(
      'sales',
      [1, 2].map((n) => ({ id: `s-${n}`, revision: 1, data: sale() })),
    );
    await eventually(
      'the second try',
      () => agent.status().counters.accepted,
      (accepted) => accepted === 2,
    );
    expect(hq.pushes.map((push) => push.records.length)).toEqual([2, 2]);
    expect(agent.status()).toMatchObject({ counters: { retries: 1 }, lastError: { code: 'answer_invalid' } });
  });

  test('a batch that is too large is halved down to the one record, which is withheld and reported', async () => {
    const hq = await newHq();
    hq.reply = (push) =>
      push.records.some((record) => record.id === 's-6')
        ? problemReply('batch_too_large', { detail: 'too many bytes' })
        : { status: 200, body: acceptAll(push) };
    const agent = await startAgent({ hqUrl: hq.url });
    agent.enqueueAll(
      'sales',
      Array.from({ length: 8 }, (_, n) => ({ id: `s-${n + 1}`, revision: 1, data: sale() })),
    );

    await eventually(
      'the rest to pass',
      () => agent.status(),
      (now) => now.pendingRecords === 0,
    );
    expect(agent.status()).toMatchObject({ withheldRecords: 1, counters: { accepted: 7 } });
    expect(hq.pushes.slice(0, 2).map((push) => push.records.length)).toEqual([8, 4]);
    const [report] = await eventually(
      'the report',
      () => hq.ofType('report'),
      (reports) => reports.length > 0,
    );
    expect(report).toMatchObject({ code: 'record_too_large', entity: 'sales', recordId: 's-6', attempts: 1 });
  });

  test('a record over the limit is withheld unsent, and sent once HQ takes it', async () => {
    const hq = await newHq();
    const small = { maxBatchRecords: 500, maxBatchBytes: 100_000, maxRecordBytes: 2_000 };
    hq.welcome = { limits: small };
    const agent = await startAgent({ hqUrl: hq.url });
    await eventually('the welcome', () => agent.status().connected, Boolean);
    agent.enqueue('sales', { id: 'large', revision: 1, data: sale({ note: 'x'.repeat(3_000) }) });
    agent.enqueue('sales', { id: 'small', revision: 1, data: sale() });
    await eventually(
      'the small one to pass',
      () => agent.status().pendingRecords,
      (pending) => pending === 0,
    );
    expect(agent.status().withheldRecords).toBe(1);
    expect(hq.pushes.flatMap((push) => push.records.map((record) => record.id))).toEqual(['small']);

    hq.welcome = { limits: { ...small, maxRecordBytes: 10_000 } };
    hq.sockets[0]?.close(1012);
    await eventually(
      'the large one to pass',
      () => agent.status().counters.accepted,
      (accepted) => accepted === 2,
    );
    expect(agent.status().withheldRecords).toBe(0);
  });

  test('an entity that HQ does not know holds up no other', async () => {
    const hq = await newHq();
    hq.reply = (push) =>
      push.entity === 'loyalty' ? problemReply('entity_unknown') : { status: 200, body: acceptAll(push) };
    const agent = await startAgent({ hqUrl: hq.url });
    agent.enqueue('loyalty', { id: 'l-1', revision: 1, data: {} });
    agent.enqueue('sales', { id: 's-1', revision: 1, data: sale() });
    agent.enqueue('sales', { id: 's-2', revision: 1, data: sale() });
    await eventually(
      'the sales to pass',
      () => agent.status().pendingRecords,
      (pending) => pending === 1,
    );
    expect(hq.pushes.filter((push) => push.entity === 'loyalty')).toHaveLength(1);
  });

  test('an answer that never comes is given up, reported, and the batch sent again smaller', async () => {
    const hq = await newHq();
    hq.reply = (push) => (hq.pushes.length === 1 ? 'never' : { status: 200, body: acceptAll(push) });
    const agent = await startAgent({ hqUrl: hq.url, pushTimeoutMs: 300 });
    agent.enqueueAll(
      'sales',
      [1, 2, 3, 4].map((n) => ({ id: `s-${n}`, revision: 1, data: sale() })),
    );
    await eventually(
      'the records to pass',
      () => agent.status().counters.accepted,
      (accepted) => accepted === 4,
    );
    expect(hq.pushes.map((push) => push.records.length)).toEqual([4, 2, 2]);
    const [report] = await eventually(
      'the report',
      () => hq.ofType('report'),
      (reports) => reports.length > 0,
    );
    expect(report).toMatchObject({ code: 'store_timeout', entity: 'sales', direction: 'push' });
  });

  test('push_now ends a wait that HQ asked for', async () => {
    const hq = await newHq();
    hq.reply = () => ({ ...problemReply('overloaded'), headers: { 'retry-after': '200' } });
    const agent = await startAgent({ hqUrl: hq.url });
    await eventually('the welcome', () => agent.status().connected, Boolean);
    agent.enqueue('sales', { id: 's-1', revision: 1, data: sale() });
    await eventually(
      'the refusal',
      () => agent.status().lastError?.code,
      (code) => code === 'overloaded',
    );
    hq.reply = (push) => ({ status: 200, body: acceptAll(push) });
    const command = pushNow();
    hq.say(command);
    await eventually(
      'the record to pass',
      () => agent.status().pendingRecords,
      (pending) => pending === 0,
    );
    expect(hq.ofType('command_done')).toEqual([
      { type: 'command_done', commandId: command.commandId, outcome: 'done' },
    ]);
  });

  test('a new token ends the wait after a rejected one, also on the socket', async () => {
    const hq = await newHq();
    hq.refuseUpgrade = { status: 401 };
    hq.reply = (push) =>
      push.headers.authorization === 'Bearer good'
        ? { status: 200, body: acceptAll(push) }
        : problemReply('token_revoked');
    const agent = await startAgent({ hqUrl: hq.url });
    agent.enqueue('sales', { id: 's-1', revision: 1, data: sale() });
    await eventually(
      'the refusal',
      () => hq.pushes.length,
      (pushes) => pushes === 1,
    );
    await eventually(
      'the refusal of the socket',
      () => agent.status().lastError,
      (error) => error !== null,
    );
    hq.refuseUpgrade = null;
    agent.setToken('good');
    await eventually(
      'the record to pass',
      () => agent.status(),
      (now) => now.pendingRecords === 0 && now.connected,
      5_000,
    );
  });

  test('records of an older schema are upgraded when they are sent', async () => {
    const hq = await newHq();
    const dataDir = newDataDir();
    const old = await startAgent({ dataDir, schemaVersion: 1 });
    const { kind: _, ...oldSale } = sale();
    old.enqueue('sales', { id: 's-1', revision: 1, data: oldSale });
    await old.stop();
    const agent = await startAgent({ dataDir, hqUrl: hq.url });
    agent.enqueue('sales', { id: 's-2', revision: 1, data: sale() });
    await eventually(
      'the queue to drain',
      () => agent.status().pendingRecords,
      (pending) => pending === 0,
    );
    expect(hq.pushes.every((push) => push.headers['hq-schema-version'] === '2')).toBe(true);
    expect(hq.pushes.flatMap((push) => push.records.map((record) => record.data.kind))).toEqual([
      'sale',
      'sale',
    ]);
  });

  test('an agent of schema version 1 sends 1', async () => {
    const hq = await newHq();
    const agent = await startAgent({ hqUrl: hq.url, schemaVersion: 1 });
    agent.enqueue('sales', { id: 's-1', revision: 1, data: { anything: true } });
    const [push] = await eventually(
      'the push',
      () => hq.pushes,
      (pushes) => pushes.length === 1,
    );
    expect(push).toMatchObject({
      headers: { 'hq-schema-version': '1' },
      records: [{ data: { anything: true } }],
    });
  });

  test('an HQ restored from a backup gets again what it had taken', async () => {
    const hq = await newHq();
    const agent = await startAgent({ hqUrl: hq.url });
    await eventually('the welcome', () => agent.status().connected, Boolean);
    agent.enqueue('sales', { id: 's-1', revision: 1, data: sale() });
    await eventually(
      'the first push',
      () => agent.status().counters.accepted,
      (accepted) => accepted === 1,
    );
    hq.welcome = { epoch: '7f0c9a52-3a36-4d6b-9b06-0e7c9f0b8a11' };
    hq.sockets[0]?.close(1012);
    await eventually(
      'the second push',
      () => agent.status().counters.accepted,
      (accepted) => accepted === 2,
    );
    expect(agent.status().pendingRecords).toBe(0);
  });
});
