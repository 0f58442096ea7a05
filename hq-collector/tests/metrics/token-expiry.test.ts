import { createHash, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { eventually } from '@hq-sync/testkit/eventually';
import { startTestCollector, type TestCollector } from '@hq-sync/testkit/test-collector';
import { WireStore } from '@hq-sync/testkit/wire-store';
import { scrapeFamilies, storeValue } from './living-fleet.js';

const metric = 'hq_store_token_expiry_timestamp_seconds';

let hq: TestCollector;
beforeAll(async () => {
  hq = await startTestCollector({ settings: { HQ_WATCH_INTERVAL_MS: '200' } });
});
afterAll(() => hq.stop());

let stores = 0;
let storeId: string;
beforeEach(async () => {
  storeId = `s-${(stores += 1)}`;
  await hq.admin.createStore({ storeId });
});

interface Generated {
  readonly token: string;
  readonly tokenId: string;
}

async function generate(body: { expiresInDays?: number; overlapMinutes?: number }): Promise<Generated> {
  const answer = await hq.admin.call('POST', `/stores/${storeId}/tokens`, body);
  expect(answer.status).toBe(201);
  return answer.body as Generated;
}

const revoke = ({ tokenId }: Generated) => hq.admin.call('DELETE', `/stores/${storeId}/tokens/${tokenId}`);

const exported = async () => storeValue(await scrapeFamilies(hq.url), metric, storeId);
const becomes = (what: string, value: number | undefined) =>
  eventually(what, exported, (now) => now === value);

/** As the view has it, in Unix seconds. */
async function endOf({ tokenId }: Generated): Promise<number> {
  const { rows } = await hq.database.pool.query<{ end: number }>(
    'select round(extract(epoch from expires_at), 3)::float8 as end from hq_view.store_tokens where token_id = $1',
    [tokenId],
  );
  return rows[0]!.end;
}

/** Of this store, by the list of all stores. */
async function endingWithin(days: number): Promise<string[]> {
  const { body } = await hq.admin.call('GET', `/tokens?expiresInDays=${days}&limit=500`);
  const items = body.items as { storeId: string; tokenId: string }[];
  return items.filter((one) => one.storeId === storeId).map(({ tokenId }) => tokenId);
}

test('of a store that has used none: of the tokens that work, the one that ends last', async () => {
  expect(await exported()).toBeUndefined();
  const month = await generate({ expiresInDays: 30 });
  expect(await exported()).toBe(await endOf(month));
  const week = await generate({ expiresInDays: 7 });
  expect(await exported()).toBe(await endOf(month));
  expect(await endingWithin(8)).toEqual([]);
  await revoke(month);
  expect(await exported()).toBe(await endOf(week));
  expect(await endingWithin(8)).toEqual([week.tokenId]);
  expect(await endingWithin(6)).toEqual([]);
  await generate({});
  expect(await exported()).toBeUndefined();
});

test('of the token that the store uses, whatever else it has', async () => {
  const week = await generate({ expiresInDays: 7 });
  const store = await WireStore.connect(hq.url, week.token);
  const year = await generate({ expiresInDays: 365 });
  await becomes('the used one counts', await endOf(week));
  await store.close();
  expect(await exported()).toBe(await endOf(week));

  const again = await WireStore.connect(hq.url, year.token);
  await becomes('the new one counts once it is used', await endOf(year));
  await revoke(year);
  await again.closed;
  expect(await exported()).toBe(await endOf(week));
  await revoke(week);
  expect(await exported()).toBeUndefined();
});

test('no sample where the token does not expire, though another would', async () => {
  const { token } = await generate({});
  const store = await WireStore.connect(hq.url, token);
  const week = await generate({ expiresInDays: 7 });
  await becomes('the used one counts', undefined);
  await store.close();
  const next = await WireStore.connect(hq.url, week.token);
  await becomes('the one that expires is used', await endOf(week));
  await next.close();
});

test('changes when a rotated token is used, not when it is made', async () => {
  const week = await generate({ expiresInDays: 7 });
  const store = await WireStore.connect(hq.url, week.token);
  await becomes('the first token counts', await endOf(week));
  // A rotation is for stores that have used a token.
  const rotate = () => hq.admin.call('POST', `/stores/${storeId}/tokens/rotate`, { expiresInDays: 90 });
  await eventually('the rotation is taken', rotate, ({ status }) => status === 201);
  const { commandId } = await store.next('command');
  const secret = `hqs_${randomBytes(32).toString('base64url')}`;
  const secretHash = createHash('sha256').update(secret).digest('hex');
  store.send({ type: 'new_token', commandId, secretHash });
  await store.next('new_token_known');
  expect(await exported()).toBe(await endOf(week));

  await store.close();
  const again = await WireStore.connect(hq.url, secret);
  const { body } = await hq.admin.call('GET', `/stores/${storeId}/tokens`);
  await becomes('the rotated token counts', await endOf(body.items[0] as Generated));
  await again.close();
});

test('no sample once it has expired, been superseded, or the store was archived', async () => {
  const end = (column: 'expires_at' | 'superseded_at', { tokenId }: Generated) =>
    hq.database.pool.query(
      `update hq.store_token set ${column} = clock_timestamp() - interval '1 second' where token_id = $1`,
      [tokenId],
    );
  const week = await generate({ expiresInDays: 7 });
  const store = await WireStore.connect(hq.url, week.token);
  await becomes('the used one counts', await endOf(week));
  await end('expires_at', week);
  expect(await exported()).toBeUndefined();
  await store.closed;

  const month = await generate({ expiresInDays: 30 });
  expect(await exported()).toBe(await endOf(month));
  await end('superseded_at', month);
  expect(await exported()).toBeUndefined();

  const year = await generate({ expiresInDays: 365 });
  expect(await exported()).toBe(await endOf(year));
  await hq.admin.call('POST', `/stores/${storeId}/archive`, { force: true });
  expect(await exported()).toBeUndefined();
});

test('every value is what the view says of the store', async () => {
  await generate({ expiresInDays: 30 });
  const { rows } = await hq.database.pool.query<{ store_id: string; end: number }>(`
    select store_id, round(extract(epoch from expires_at), 3)::float8 as end
    from hq_view.store_tokens join hq_view.stores using (store_id)
    where current and expires_at is not null order by store_id`);
  const samples = (await scrapeFamilies(hq.url)).get(metric)!.samples;
  expect(samples.map(({ labels, value }) => ({ store_id: labels.get('store_id'), end: value }))).toEqual(
    rows,
  );
  expect(rows.map(({ store_id }) => store_id)).toContain(storeId);
});
