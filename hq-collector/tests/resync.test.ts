import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { eventually } from '@hq-sync/testkit/eventually';
import { PulledCopy, pullPage } from '@hq-sync/testkit/pull-client';
import { startTestCollector, type TestCollector } from '@hq-sync/testkit/test-collector';
import { WireStore } from '@hq-sync/testkit/wire-store';

let hq: TestCollector;
beforeAll(async () => {
  hq = await startTestCollector({
    settings: { HQ_WATCH_INTERVAL_MS: '200', HQ_MAX_RUNNING_RESYNCS: '2' },
  });
  await hq.database.pool.query(
    `insert into hq.hq_record (entity, record_id, data)
     select e, e || i, '{"price": 1}' from unnest(array['products', 'departments']) e, generate_series(1, 50) i`,
  );
});
afterAll(() => hq.stop());

let stores = 0;
let storeId: string;
let token: string;
beforeEach(async () => {
  storeId = `store-${(stores += 1)}`;
  token = await newStore(storeId);
});

async function newStore(id: string): Promise<string> {
  await hq.admin.createStore({ storeId: id });
  return (await hq.admin.generateToken(id)).token;
}

/** Connected, and so seen in the view that decides whose turn it is. */
async function connect(id = storeId, secret = token): Promise<WireStore> {
  const store = await WireStore.connect(hq.url, secret);
  await eventually(
    `${id} is connected`,
    () => hq.database.pool.query('select status from hq_view.store_status where store_id = $1', [id]),
    ({ rows }) => rows[0].status === 'connected',
  );
  return store;
}

const force = (entities?: string[], id = storeId) =>
  hq.admin.call('POST', `/stores/${id}/resync`, entities ? { entities } : {});
const jobOf = async (jobId: string) => (await hq.admin.call('GET', `/resync-jobs/${jobId}`)).body;
const cancel = (jobId: string) => hq.admin.call('POST', `/resync-jobs/${jobId}/cancel`, {});
const everything = ['customers', 'departments', 'products', 'promotions', 'tax_rates', 'users'];

describe('a forced resync', () => {
  test('is told to the connected store, counted page by page, and ends at 100 %', async () => {
    const store = await connect();
    const copies = new Map(everything.map((entity) => [entity, new PulledCopy(hq.url, token, entity, 20)]));
    for (const copy of copies.values()) await copy.pullAll();

    const { status, body: job } = await force();
    expect(status).toBe(201);
    expect(job).toMatchObject({
      storeId,
      entities: everything,
      state: 'running',
      recordsTotal: 100,
      percent: 0,
    });
    const command = await store.next('command');
    expect(command).toEqual({
      type: 'command',
      commandId: job.jobId,
      command: 'resync',
      entities: everything,
    });

    const seen = [0];
    for (const copy of copies.values()) {
      copy.records.set('planted', { extra: true });
      copy.startOver();
      for (;;) {
        const { end } = await copy.step();
        seen.push((await jobOf(job.jobId)).percent);
        if (!end.more && end.id === null) break;
      }
      expect(copy.records.has('planted')).toBe(false);
    }
    expect(seen).toEqual(seen.toSorted((left, right) => left - right));
    expect(seen.at(-1)).toBe(100);
    expect(await jobOf(job.jobId)).toMatchObject({ state: 'done', recordsConfirmed: 100, percent: 100 });
    store.send({ type: 'command_done', commandId: job.jobId, outcome: 'done' });
    await eventually(
      'the command is not sent again',
      () =>
        hq.database.pool.query('select from hq.store_command where store_id = $1 and done_at is null', [
          storeId,
        ]),
      ({ rowCount }) => rowCount === 0,
    );
    expect(await jobOf(job.jobId)).toMatchObject({ state: 'done' });
    await store.close();
  });

  test('of an entity that fits one page ends with that page, not with one from before the resync', async () => {
    const store = await connect();
    const copy = new PulledCopy(hq.url, token, 'departments');
    await copy.step(); // not confirmed yet
    const before = { cursor: copy.cursor, confirm: copy.waitingForConfirmation };
    const { body: job } = await force(['departments']);
    await store.next('command');
    copy.startOver();
    const [first] = (await pullPage(hq.url, token, 'departments', { ...before, cursor: null })).records;
    expect(first).toBeDefined();
    expect(await jobOf(job.jobId)).toMatchObject({ state: 'running', recordsConfirmed: 0 });
    await copy.pullAll();
    expect(await jobOf(job.jobId)).toMatchObject({ state: 'done', recordsConfirmed: 50, percent: 100 });
    await store.close();
  });

  test('cut in the middle goes on; begun anew it never goes back; what changes meanwhile survives', async () => {
    const store = await connect();
    const copy = new PulledCopy(hq.url, token, 'products', 10);
    await copy.pullAll();
    const { body: job } = await force(['products']);
    await store.next('command');
    copy.startOver();
    for (let pages = 0; pages < 4; pages += 1) await copy.step();
    expect(await jobOf(job.jobId)).toMatchObject({ recordsConfirmed: 30, percent: 60 });
    await store.close();

    const again = await connect();
    expect(await again.next('welcome')).toMatchObject({
      commands: [{ command: 'resync', commandId: job.jobId }],
    });
    copy.startOver(); // its database was lost
    await copy.step();
    await copy.step();
    expect(await jobOf(job.jobId)).toMatchObject({ recordsConfirmed: 30, percent: 60 });
    await hq.database.pool.query(
      `update hq.hq_record set data = '{"price": 2}' where record_id = 'products1'`,
    );
    await copy.pullAll();
    expect(copy.records.get('products1')).toEqual({ price: 2 });
    expect(await jobOf(job.jobId)).toMatchObject({ state: 'done', percent: 100 });
    await again.close();
  });

  test('waits for a store that is offline; asked twice it is one job; other entities are refused meanwhile', async () => {
    const first = await force(['products', 'users']);
    expect(first.body).toMatchObject({ state: 'queued', percent: 0 });
    expect((await force(['users'])).body.jobId).toBe(first.body.jobId);
    expect(await force(['customers'])).toMatchObject({ status: 409, body: { code: 'resync_active' } });
    const store = await connect();
    expect(await store.next('command')).toMatchObject({ commandId: first.body.jobId });
    await cancel(first.body.jobId);
    await store.close();
  });

  test('is cancelled: unheard while it is queued, by a command once it runs', async () => {
    const queued = (await force()).body.jobId;
    expect(await cancel(queued)).toMatchObject({ status: 200, body: { state: 'cancelled' } });
    expect(await cancel(queued)).toMatchObject({ status: 409, body: { code: 'resync_ended' } });
    const store = await connect();
    expect((await store.next('welcome')).commands).toEqual([]);

    const running = (await force()).body.jobId;
    await store.next('command');
    await cancel(running);
    await eventually(
      'the store is told',
      () => store.received,
      (frames) =>
        frames.some(
          (frame) =>
            frame.type === 'command' && frame.command === 'cancel_resync' && frame.cancels === running,
        ),
    );
    expect((await force()).status).toBe(201);
    await cancel((await force()).body.jobId);
    await store.close();
  });

  test('ends with the store: an archived one leaves no job behind', async () => {
    const { jobId } = (await force()).body;
    await hq.admin.call('POST', `/stores/${storeId}/archive`, {});
    expect(await jobOf(jobId)).toMatchObject({ state: 'cancelled', message: 'the store was archived' });
  });

  test('is for what the store pulls: of what it has never asked for, nothing is asked of it', async () => {
    for (const entity of ['products', 'departments']) await new PulledCopy(hq.url, token, entity).pullAll();
    expect(await force(['users'])).toMatchObject({
      status: 409,
      body: { code: 'entity_not_pulled_here', detail: 'users' },
    });
    const { entities } = (await hq.admin.call('GET', `/stores/${storeId}/status`)).body;
    const known = (entities as { entity: string; mayResync: boolean }[]).filter(({ mayResync }) => mayResync);
    expect(known.map(({ entity }) => entity)).toEqual(['departments', 'products']);
    const { body: job } = await force();
    expect(job.entities).toEqual(['departments', 'products']);
    expect((await force()).body.jobId).toBe(job.jobId);
    await cancel(job.jobId);
  });

  test('is done when the store has confirmed all that it pulls, and says what that leaves out', async () => {
    // HQ cannot know yet what it pulls.
    const { jobId, entities } = (await force(['departments', 'products', 'users'])).body;
    expect(entities).toHaveLength(3);
    const store = await connect();
    await store.next('command');
    await new PulledCopy(hq.url, token, 'departments').pullAll();
    const products = new PulledCopy(hq.url, token, 'products', 10);
    await products.step();
    await products.pullAll();
    store.send({
      type: 'command_done',
      commandId: jobId,
      outcome: 'done',
      message: 'not pulled here: users',
    });
    const ended = await eventually(
      'its end',
      () => jobOf(jobId),
      ({ state }) => state !== 'running',
    );
    expect(ended).toMatchObject({ state: 'done', percent: 100, message: 'the store does not pull users' });
    await store.close();
  });

  test('fails when the store says done in the middle of one of them', async () => {
    const { jobId } = (await force(['departments', 'products'])).body;
    const store = await connect();
    await store.next('command');
    await new PulledCopy(hq.url, token, 'departments').pullAll();
    await new PulledCopy(hq.url, token, 'products', 10).step();
    store.send({ type: 'command_done', commandId: jobId, outcome: 'done' });
    const ended = await eventually(
      'its end',
      () => jobOf(jobId),
      ({ state }) => state !== 'running',
    );
    expect(ended).toMatchObject({
      state: 'failed',
      message: 'the store said done before it had confirmed everything',
    });
    await store.close();
  });

  test('fails when the store refuses, or says done without having confirmed everything', async () => {
    const store = await connect();
    for (const [outcome, message] of [
      ['refused', 'this store agent does not know the command'],
      ['done', 'the store said done before it had confirmed everything'],
    ] as const) {
      const { jobId } = (await force(['products'])).body;
      store.send({
        type: 'command_done',
        commandId: jobId,
        outcome,
        ...(outcome === 'refused' && { message }),
      });
      await eventually(
        outcome,
        () => jobOf(jobId),
        ({ state }) => state === 'failed',
      );
      expect(await jobOf(jobId)).toMatchObject({ message });
    }
    await store.close();
  });
});

test('only so many stores at once read everything again; offline ones take no turn', async () => {
  const sockets = new Map<string, WireStore>();
  const jobs = new Map<string, string>();
  await force(['products']); // offline
  for (const id of ['turn-1', 'turn-2', 'turn-3']) {
    sockets.set(id, await connect(id, await newStore(id)));
    jobs.set(id, (await force(['products'], id)).body.jobId);
  }
  const states = async () => Promise.all([...jobs.values()].map(async (jobId) => (await jobOf(jobId)).state));
  await eventually('two run', states, (all) => all.filter((state) => state === 'running').length === 2);
  expect(await states()).toEqual(['running', 'running', 'queued']);
  await cancel(jobs.get('turn-1')!);
  await eventually('the third has its turn', states, (all) => all[2] === 'running');
  for (const socket of sockets.values()) await socket.close();
});

test.each([
  ['an unknown store', 'nowhere', undefined, 404, 'store_not_found'],
  ['an unknown entity', undefined, ['prices'], 404, 'entity_not_found'],
  ['an entity that is pushed', undefined, ['sales'], 409, 'entity_not_pulled'],
  ['no entity', undefined, [], 400, 'invalid_request'],
])('%s', async (_, id, entities, status, code) => {
  expect(await force(entities, id ?? storeId)).toMatchObject({ status, body: { code } });
});

test('a store without a store server', async () => {
  await hq.admin.createStore({ storeId: 'bare' });
  expect(await force(undefined, 'bare')).toMatchObject({ status: 409, body: { code: 'no_store_server' } });
});
