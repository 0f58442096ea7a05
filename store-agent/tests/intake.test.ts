import { describe, expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { eventually } from '@hq-sync/testkit/eventually';
import type { StoreAgent } from '../src/agent.js';
import { newHq, sale, startAgent } from './store.js';

const ndjson = 'application/x-ndjson';

async function ask(
  agent: StoreAgent,
  method: string,
  path: string,
  body?: string,
  type = 'application/json',
) {
  const response = await fetch(`${agent.intakeUrl}${path}`, {
    method,
    ...(body === undefined ? {} : { body, headers: { 'content-type': type } }),
  });
  const answer = await response.text();
  return {
    status: response.status,
    type: response.headers.get('content-type'),
    body: (answer === '' ? null : JSON.parse(answer)) as Record<string, unknown> | null,
  };
}

const record = (id: string, revision = 1, data: object = sale()) => JSON.stringify({ id, revision, data });

describe('intake for the POS', () => {
  test('takes one record as JSON, several as NDJSON', async () => {
    const agent = await startAgent({ intake: { port: 0 } });
    const one = await ask(agent, 'POST', '/v1/records/sales', record('s-1'));
    expect(one).toMatchObject({ status: 200, body: { queued: 1, duplicate: 0 } });
    const several = await ask(
      agent,
      'POST',
      '/v1/records/sales',
      `${record('s-1')}\n\n${record('s-2')}\n`,
      ndjson,
    );
    expect(several.body).toEqual({
      queued: 1,
      duplicate: 1,
      records: [
        { id: 's-1', revision: 1, outcome: 'duplicate' },
        { id: 's-2', revision: 1, outcome: 'queued' },
      ],
    });
    const status = await ask(agent, 'GET', '/v1/status');
    expect(status.body).toMatchObject({ connected: false, pendingRecords: 2 });
  });

  test.each([
    [
      'other content',
      '/v1/records/sales',
      record('s-1', 1, sale({ note: 'other' })),
      undefined,
      409,
      'revision_conflict',
    ],
    [
      'a bad record',
      '/v1/records/sales',
      record('s-2', 1, sale({ lines: [{}] })),
      undefined,
      422,
      'record_invalid',
    ],
    [
      'a bad line',
      '/v1/records/sales',
      `${record('s-2')}\n${record('s-3', 0)}`,
      ndjson,
      422,
      'record_invalid',
    ],
    ['no JSON', '/v1/records/sales', '{', undefined, 400, 'body_invalid'],
    ['no object', '/v1/records/sales', '[1]', undefined, 400, 'body_invalid'],
    ['an empty body', '/v1/records/sales', '\n', ndjson, 400, 'body_invalid'],
    ['a form', '/v1/records/sales', 'a=b', 'text/plain', 415, 'content_type_unsupported'],
    ['no entity', '/v1/records/Sales!', record('s-2'), undefined, 404, 'entity_invalid'],
    [
      'a huge body',
      '/v1/records/sales',
      record('s-2', 1, { note: 'x'.repeat(5 * 1024 ** 2) }),
      undefined,
      413,
      'body_too_large',
    ],
    ['another address', '/v1/nothing', '{}', undefined, 404, 'not_found'],
  ])('%s is a problem with a code', async (_what, path, body, type, status, code) => {
    const agent = await startAgent({ intake: { port: 0 } });
    agent.enqueue('sales', { id: 's-1', revision: 1, data: sale() });
    const answer = await ask(agent, 'POST', path, body, type);
    expect(answer).toMatchObject({ status, body: { status, code } });
    expect(answer.type).toMatch(/^application\/problem\+json/);
    expect(agent.status().pendingRecords).toBe(1);
  });

  test('names the fields of a bad record', async () => {
    const agent = await startAgent({ intake: { port: 0 } });
    const answer = await ask(
      agent,
      'POST',
      '/v1/records/sales',
      `${record('s-1')}\n${record('s-2', 1, sale({ currency: 'usd' }))}`,
      ndjson,
    );
    expect(answer.body?.errors).toEqual([
      { path: 'line 2: data.currency', message: 'must be an ISO 4217 code of three capitals' },
    ]);
  });

  test('a full queue is 507 with Retry-After', async () => {
    const agent = await startAgent({ intake: { port: 0 }, maxDiskBytes: 1024 ** 2 });
    const notes = Array.from({ length: 300 }, (_, n) =>
      record(`n-${n}`, 1, { note: 'x'.repeat(5_000) }),
    ).join('\n');
    const response = await fetch(`${agent.intakeUrl}/v1/records/notes`, {
      method: 'POST',
      headers: { 'content-type': ndjson },
      body: notes,
    });
    expect(response.status).toBe(507);
    expect(response.headers.get('retry-after')).toBe('30');
    expect(await response.json()).toMatchObject({ code: 'queue_full' });
  });

  test('registers open and close', async () => {
    const agent = await startAgent({ intake: { port: 0 } });
    const opened = JSON.stringify({ openedAt: '2026-11-23T08:00:00-07:00', cashierId: 'c-1' });
    expect((await ask(agent, 'PUT', '/v1/registers/till%201', opened)).status).toBe(204);
    expect((await ask(agent, 'PUT', '/v1/registers/till%201', '{}')).status).toBe(422);
    expect((await ask(agent, 'DELETE', '/v1/registers/till%201')).status).toBe(204);
    expect(agent.closeRegister('till 1')).toBe(false);
  });

  test('a terminal that stalls in a request does not hold up the end', async () => {
    const agent = await startAgent({ intake: { port: 0 } });
    const socket = connect(Number(new URL(agent.intakeUrl ?? '').port), '127.0.0.1');
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    socket.write(
      'POST /v1/records/sales HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{',
    );
    const from = performance.now();
    await agent.stop();
    expect(performance.now() - from).toBeLessThan(4_000);
    socket.destroy();
  });

  test('the command shows the status and exits by it', async () => {
    const hq = await newHq();
    const agent = await startAgent({ intake: { port: 0 }, hqUrl: hq.url });
    await eventually('the welcome', () => agent.status().connected, Boolean);
    const status = async () => {
      const child = spawn(process.execPath, [
        join(process.cwd(), 'store-agent', 'dist', 'main.js'),
        'status',
        '--intake-url',
        agent.intakeUrl ?? '',
      ]);
      const [out, [code]] = await Promise.all([text(child.stdout), once(child, 'exit')]);
      return { out, code: code as number };
    };
    expect(await status()).toMatchObject({
      code: 0,
      out: expect.stringMatching(/connected +yes\nstore +store-1/),
    });
    hq.refuseUpgrade = { status: 503, headers: { 'retry-after': '60' } };
    hq.sockets[0]?.terminate();
    await eventually(
      'the cut',
      () => agent.status().connected,
      (connected) => !connected,
    );
    expect(await status()).toMatchObject({ code: 1, out: expect.stringMatching(/connected +NO/) });
  });
});
