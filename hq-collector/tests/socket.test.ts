import { randomUUID } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { eventually } from '@hq-sync/testkit/eventually';
import { startTestCollector, type TestCollector } from '@hq-sync/testkit/test-collector';
import { heartbeatOf, helloOf, WireStore } from '@hq-sync/testkit/wire-store';

let hq: TestCollector;
let storeId: string;
let token: string;
let tokenId: string;
const open: WireStore[] = [];
beforeAll(async () => {
  hq = await startTestCollector({ settings: { HQ_WATCH_INTERVAL_MS: '60000' } });
});
afterEach(() => {
  for (const store of open.splice(0)) store.ws.terminate();
});
afterAll(() => hq.stop());

let stores = 0;
async function newStore(): Promise<void> {
  storeId = `s${(stores += 1)}`;
  await hq.admin.createStore({ storeId });
  ({ token, tokenId } = await hq.admin.generateToken(storeId));
}

async function connectStore(overrides = {}): Promise<WireStore> {
  const store = await WireStore.connect(hq.url, token, overrides);
  open.push(store);
  return store;
}

const view = async (columns: string) =>
  (await hq.database.pool.query(`select ${columns} from hq_view.stores where store_id = $1`, [storeId]))
    .rows[0];
const becomes = (status: string, reason: string | null) =>
  eventually(
    `${status} ${reason}`,
    () => view('status, reason'),
    (row) => row.status === status && row.reason === reason,
  );
/** In the metric, for the pager. */
const becomesDuplicate = (value: 0 | 1) =>
  eventually(
    'hq_store_duplicate_server',
    async () => (await fetch(`${hq.url}/metrics/stores`)).text(),
    (text) => text.includes(`\nhq_store_duplicate_server{store_id="${storeId}"} ${value}\n`),
  );
const refusals = async () =>
  (
    await hq.database.pool.query('select code from hq_view.sync_errors where store_id = $1 order by at', [
      storeId,
    ])
  ).rows.map((row) => row.code);

describe('the status of a store', () => {
  test('is "no store server" until a token was issued, then "never connected"', async () => {
    storeId = 'bare';
    await hq.admin.createStore({ storeId });
    expect(await view('status, reason')).toEqual({ status: 'no_server', reason: 'no store server' });
    expect((await hq.admin.call('POST', '/stores/bare/commands', { command: 'push_now' })).body.code).toBe(
      'no_store_server',
    );
    await hq.admin.generateToken(storeId);
    expect(await view('status, reason')).toEqual({ status: 'never_connected', reason: 'never connected' });
  });

  test('is connected from the hello on, and names who ended it', async () => {
    await newStore();
    const store = await connectStore({
      agentVersion: '7.1',
      clock: new Date(Date.now() + 7_200_000).toISOString(),
    });
    await becomes('connected', null);
    const { agent_version, clock_skew_ms } = await view('agent_version, clock_skew_ms');
    expect(agent_version).toBe('7.1');
    expect(Math.abs(Number(clock_skew_ms) - 7_200_000)).toBeLessThan(5_000);
    await store.close();
    await becomes('disconnected', 'agent stopped');
    (await connectStore()).ws.terminate();
    await becomes('disconnected', 'socket closed');
  });

  test('is disconnected at once when the token is revoked', async () => {
    await newStore();
    const store = await connectStore();
    await becomes('connected', null);
    await hq.admin.call('DELETE', `/stores/${storeId}/tokens/${tokenId}`);
    expect(await store.closed).toBe(4401);
    await becomes('disconnected', 'token revoked');
    await expect(WireStore.open(hq.url, token)).rejects.toThrow('401');
  });

  test('goes with the store when it is archived, which its pending records prevent', async () => {
    await newStore();
    const store = await connectStore({ pendingRecords: 3 });
    await becomes('connected', null);
    expect((await hq.admin.call('POST', `/stores/${storeId}/archive`, {})).body).toMatchObject({
      code: 'pending_records',
      detail: '3 records wait at the store.',
    });
    expect((await hq.admin.call('POST', `/stores/${storeId}/archive`, { force: true })).status).toBe(200);
    expect(await store.closed).toBe(4401);
    expect(await view('status')).toBeUndefined();
  });
});

describe('a second connection of the same store', () => {
  test('replaces the first, on this replica and on another', async () => {
    await newStore();
    const first = await connectStore();
    const second = await connectStore();
    expect(await first.closed).toBe(4409);
    const other = await hq.replica();
    const third = await WireStore.connect(other.url, token);
    open.push(third);
    await eventually(
      "the row is the third's",
      () =>
        hq.database.pool.query('select 1 from hq.store_connection where store_id = $1 and replica_id = $2', [
          storeId,
          other.replicaId,
        ]),
      (found) => found.rowCount === 1,
    );
    second.send(heartbeatOf()); // the first replica learns it at the next thing it writes
    expect(await second.closed).toBe(4409);
    await becomes('connected', null);
  });

  test('of another machine, by turns, is named "duplicate store server"', async () => {
    await newStore();
    const [one, two] = [randomUUID(), randomUUID()];
    for (const instanceId of [one, two]) await connectStore({ instanceId });
    await becomesDuplicate(0);
    await connectStore({ instanceId: one });
    await becomes('connected', 'duplicate store server');
    await becomesDuplicate(1);
  });

  test('of a clone, with the same database, is named so at once when the first still lives', async () => {
    await newStore();
    const instanceId = randomUUID();
    const original = await connectStore({ instanceId });
    await connectStore({ instanceId });
    expect(await original.closed).toBe(4409);
    await becomes('connected', 'duplicate store server');
  });

  test('of the same machine, whose first line died unnoticed, is no duplicate', async () => {
    await newStore();
    const instanceId = randomUUID();
    const first = await connectStore({ instanceId });
    (first.ws as unknown as { _socket: Socket })._socket.pause(); // never hears that it is replaced
    await connectStore({ instanceId });
    const replaced = async () =>
      (
        await hq.database.pool.query(
          `select 1 from hq.store_disconnect_total where store_id = $1 and reason = 'replaced'`,
          [storeId],
        )
      ).rowCount;
    await eventually('it is replaced', replaced, (rows) => rows === 1);
    expect(await view('status, reason')).toEqual({ status: 'connected', reason: null });
  });
});

describe('a heartbeat', () => {
  test("shows open registers, queues, day totals and the last sale as the store's claim", async () => {
    await newStore();
    const store = await connectStore();
    const at = new Date(Date.now() - 60_000).toISOString();
    store.send(
      heartbeatOf({
        openRegisters: [{ terminalId: 'T1', openedAt: at, cashierId: 'c9' }],
        lastSaleAt: at,
        queues: [
          {
            entity: 'sales',
            direction: 'push',
            pendingRecords: 4,
            oldestPendingAt: at,
            attempt: 2,
            nextTryAt: null,
          },
        ],
        days: [
          {
            businessDate: at.slice(0, 10),
            currency: 'USD',
            salesCount: 2,
            grossMinor: 900,
            taxMinor: 0,
            discountMinor: 0,
            voidCount: 0,
            voidMinor: 0,
            returnCount: 0,
            returnMinor: 0,
          },
        ],
      }),
    );
    const row = await eventually(
      'the till in the view',
      () => view('open_registers, pending_records::int, synced, last_sale_at'),
      (found) => found.open_registers === 1,
    );
    expect(row).toMatchObject({ pending_records: 4, synced: true, last_sale_at: new Date(at) });
    const { body } = await hq.admin.call('GET', `/stores/${storeId}/status`);
    expect(body.openRegisters).toEqual([
      expect.objectContaining({ terminalId: 'T1', cashierId: 'c9', openedAt: at }),
    ]);
    expect(body.entities).toContainEqual(
      expect.objectContaining({ entity: 'sales', direction: 'push', pendingRecords: 4, attempt: 2 }),
    );
    expect(body.dayTotals).toEqual([
      expect.objectContaining({ claimedGrossMinor: 900, heldGrossMinor: 0, differenceMinor: 900 }),
    ]);
  });
});

describe('a frame that HQ cannot use gets its code, a row, and nothing else is touched', () => {
  test.each<[string, unknown, string]>([
    ['no JSON', '{"type":', 'frame_not_json'],
    ['no object', '[]', 'frame_not_json'],
    ['binary', Buffer.from([1, 2, 3]), 'frame_not_text'],
    ['unknown type', { type: 'dance' }, 'frame_unknown_type'],
    ['a field missing', { ...heartbeatOf(), clock: undefined }, 'frame_invalid'],
    ['an instant PostgreSQL has not', heartbeatOf({ lastSaleAt: '0000-01-01T00:00:00Z' }), 'frame_invalid'],
    [
      'an offset PostgreSQL has not',
      heartbeatOf({ openRegisters: [{ terminalId: 'T', openedAt: '2026-01-01T00:00:00+23:00' }] }),
      'frame_invalid',
    ],
    ['a second hello', helloOf(), 'hello_repeated'],
  ])('%s', async (_, frame, code) => {
    await newStore();
    const store = await connectStore();
    store.send(frame);
    expect(await store.next('error')).toMatchObject({ code });
    expect(store.ws.readyState).toBe(store.ws.OPEN);
    await eventually('the row', refusals, (codes) => codes.includes(code));
    await becomes('connected', null);
    expect(await (await fetch(`${hq.url}/metrics`)).text()).toContain(
      `hq_collector_frames_refused_total{code="${code}"}`,
    );
  });

  test('one that is too large ends the connection', async () => {
    await newStore();
    const store = await connectStore();
    store.send(JSON.stringify({ type: 'heartbeat', pad: 'x'.repeat(300_000) }));
    expect(await store.closed).toBe(1009);
    await eventually('the row', refusals, (codes) => codes.includes('frame_too_large'));
    await becomes('disconnected', 'frame too large');
  });

  test('a flood of them ends the connection', async () => {
    await newStore();
    const store = await connectStore();
    for (let sent = 0; sent < 30; sent += 1) store.send('nonsense');
    expect(await store.closed).toBe(4429);
  });

  test('anything before the hello ends the connection', async () => {
    await newStore();
    const store = await WireStore.open(hq.url, token);
    store.send(heartbeatOf());
    expect(await store.closed).toBe(4400);
    expect(await view('status')).toEqual({ status: 'never_connected' });
  });

  test('a hello of another store ends the connection', async () => {
    await newStore();
    const store = await WireStore.open(hq.url, token);
    store.send(helloOf({ storeId: 'another' }));
    expect(await store.closed).toBe(4403);
  });
});

describe('what HQ sends', () => {
  test('a command goes out at once, or with the next welcome, until it is done', async () => {
    await newStore();
    const first = await hq.admin.call('POST', `/stores/${storeId}/commands`, { command: 'push_now' });
    expect(
      (await hq.admin.call('POST', `/stores/${storeId}/commands`, { command: 'push_now' })).body,
    ).toEqual(first.body);
    const store = await connectStore();
    expect((await store.next('welcome')).commands).toEqual([
      { type: 'command', commandId: first.body.commandId, command: 'push_now' },
    ]);
    store.send({ type: 'command_done', commandId: first.body.commandId, outcome: 'done' });
    await eventually(
      'done',
      () => hq.database.pool.query('select outcome from hq.store_command where store_id = $1', [storeId]),
      ({ rows }) => rows[0]?.outcome === 'done',
    );
    await hq.admin.call('POST', `/stores/${storeId}/commands`, { command: 'push_now' });
    expect((await store.next('command')).commandId).not.toBe(first.body.commandId);
  });

  test('changed settings', async () => {
    await newStore();
    const store = await connectStore();
    await hq.admin.call('PATCH', `/stores/${storeId}`, { timezone: 'Europe/Berlin', dayCutover: '04:30' });
    expect((await store.next('settings')).store).toMatchObject({
      timezone: 'Europe/Berlin',
      dayCutover: '04:30',
    });
  });

  test('a report is answered once it is kept, and counts once however often it comes', async () => {
    await newStore();
    const store = await connectStore();
    const reportId = randomUUID();
    const report = {
      type: 'report',
      reportId,
      code: 'store_timeout',
      entity: 'sales',
      direction: 'push',
      at: new Date().toISOString(),
      attempts: 3,
      message: 'no answer in 30 s',
    };
    const answers = () => store.received.filter(({ type }) => type === 'report_received');
    store.send(report);
    store.send(report);
    await eventually('both are answered', answers, ({ length }) => length === 2);
    store.send(report);
    await eventually('the late one too', answers, ({ length }) => length === 3);
    expect(answers()).toEqual(Array(3).fill({ type: 'report_received', reportId }));
    const { body } = await hq.admin.call('GET', `/errors?storeId=${storeId}`);
    expect(body.items).toEqual([
      expect.objectContaining({
        kind: 'network_timeout',
        code: 'store_timeout',
        failures: 3,
        open: true,
        advice: expect.objectContaining({ person: expect.any(String) }),
      }),
    ]);
  });
});

describe('an upgrade that HQ refuses', () => {
  test.each([
    ['without the subprotocol', '/v1/socket', '', /400 subprotocol_unsupported/],
    ['at another address', '/v2/socket', 'Sec-WebSocket-Protocol: hq-sync.v1\r\n', /404 not_found/],
    ['without a token', '/v1/socket', 'Sec-WebSocket-Protocol: hq-sync.v1\r\n', /401 token_missing/],
  ])('%s', async (_, path, header, expected) => {
    const answer = await new Promise<string>((resolve) => {
      const socket = connect(hq.port, '127.0.0.1', () =>
        socket.write(
          `GET ${path} HTTP/1.1\r\nHost: hq\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n${header}\r\n`,
        ),
      );
      let text = '';
      socket.on('data', (data) => (text += data.toString())).on('close', () => resolve(text));
    });
    expect(answer).toMatch(expected);
    expect(answer).toContain('application/problem+json');
  });

  test("a plain request to the socket's address says that it wants an upgrade", async () => {
    expect((await fetch(`${hq.url}/v1/socket`)).status).toBe(426);
  });
});
