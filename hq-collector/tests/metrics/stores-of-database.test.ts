import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { eventually } from '@hq-sync/testkit/eventually';
import { startTestCollector, type TestCollector } from '@hq-sync/testkit/test-collector';
import { PulledCopy } from '@hq-sync/testkit/pull-client';
import { push, saleRecord, WireStore } from '@hq-sync/testkit/wire-store';
import {
  oddName,
  scrape,
  scrapeFamilies,
  startLivingFleet,
  storesIn,
  storeValue,
  type LivingFleet,
} from './living-fleet.js';
import { valueOf, type Family } from './strict-text.js';

let hq: TestCollector;
let fleet: LivingFleet | undefined;
/** A lease of an hour, renewed as rarely: a test that ends it in SQL need not fear its renewal. */
const longLease = { HQ_LEASE_MS: '3600000', HQ_LEASE_RENEWAL_MS: '3000000' };

beforeEach(async () => {
  hq = await startTestCollector({ settings: longLease });
  fleet = undefined;
});
afterEach(async () => {
  await fleet?.close();
  await hq.stop();
});

const counters = (families: ReadonlyMap<string, Family>) =>
  new Map(
    [...families.values()]
      .filter(({ type }) => type === 'counter')
      .flatMap(({ samples }) => samples)
      .map(({ name, labels, value }) => [`${name} ${JSON.stringify([...labels])}`, value]),
  );

test('every value is what the views say of the store', async () => {
  fleet = await startLivingFleet(hq);
  const families = await scrapeFamilies(hq.url);
  const { rows: stores } = await hq.database.pool.query(`
    select store_id, name, coalesce(region, '') as region, timezone, status,
      coalesce(agent_version, '') as agent_version, coalesce(schema_version::text, '') as schema_version,
      case status when 'connected' then 1 when 'disconnected' then 0 when 'never_connected' then 0 end as connected,
      case when expected_online then 1 else 0 end as expected_online,
      errors_open::float8 as errors_open, coalesce(pending_records, 0)::float8 as pending,
      records_pushed::float8 as records_pushed,
      round(extract(epoch from last_heartbeat_at), 3)::float8 as last_heartbeat,
      round(extract(epoch from last_sync_at), 3)::float8 as last_sync,
      round(extract(epoch from last_sale_at), 3)::float8 as last_sale,
      round(extract(epoch from oldest_pending_at), 3)::float8 as oldest_pending
    from hq_view.stores order by store_id`);
  expect(storesIn(families, 'hq_store_info')).toEqual(stores.map((store) => store.store_id));
  for (const store of stores) {
    const storeId = store.store_id as string;
    const { name, region, timezone, agent_version, schema_version } = store;
    const info = { store_id: storeId, name, region, timezone, agent_version, schema_version };
    expect(valueOf(families, 'hq_store_info', info)).toBe(1);
    expect([storeId, storeValue(families, 'hq_store_connected', storeId)]).toEqual([
      storeId,
      store.connected ?? undefined,
    ]);
    if (store.status === 'no_server') continue;
    const ofSales = { store_id: storeId, entity: 'sales', direction: 'push' };
    const pushed = { store_id: storeId, direction: 'push' };
    const errors = families
      .get('hq_store_sync_errors_open')!
      .samples.filter(({ labels }) => labels.get('store_id') === storeId);
    expect({
      expected_online: storeValue(families, 'hq_store_expected_online', storeId),
      errors_open: errors.reduce((sum, { value }) => sum + value, 0),
      pending: valueOf(families, 'hq_store_pending_records', pushed),
      records_pushed: valueOf(families, 'hq_store_entity_records_total', ofSales),
      last_heartbeat: storeValue(families, 'hq_store_last_heartbeat_timestamp_seconds', storeId),
      last_sync: storeValue(families, 'hq_store_last_sync_timestamp_seconds', storeId),
      last_sale: storeValue(families, 'hq_store_last_sale_timestamp_seconds', storeId),
      oldest_pending: valueOf(families, 'hq_store_oldest_pending_timestamp_seconds', pushed),
    }).toEqual({
      expected_online: store.expected_online,
      errors_open: store.errors_open,
      pending: store.pending,
      records_pushed: store.records_pushed,
      last_heartbeat: store.last_heartbeat ?? 0,
      last_sync: store.last_sync ?? 0,
      last_sale: store.last_sale ?? 0,
      oldest_pending: store.oldest_pending ?? 0,
    });
  }
  const { rows: totals } = await hq.database.pool.query(
    `select status, count(*)::int as stores from hq_view.store_status group by 1`,
  );
  for (const { status, stores: count } of totals)
    expect(valueOf(families, 'hq_stores', { status })).toBe(count);

  const { rows: entities } = await hq.database.pool.query(`
    select store_id, entity, direction, records_total::float8 as records,
      coalesce(round(extract(epoch from last_success_at), 3), 0)::float8 as success
    from hq_view.store_entities`);
  expect(families.get('hq_store_entity_records_total')!.samples).toHaveLength(entities.length);
  for (const { records, success, ...labels } of entities) {
    expect([labels, valueOf(families, 'hq_store_entity_records_total', labels)]).toEqual([labels, records]);
    expect(valueOf(families, 'hq_store_entity_last_success_timestamp_seconds', labels)).toBe(success);
  }
});

test('what waits at HQ for a store is the sum of its entities, since the oldest of them', async () => {
  fleet = await startLivingFleet(hq);
  const copyOf = (storeId: string, entity: string) =>
    new PulledCopy(hq.url, fleet!.tokens.get(storeId)!, entity, 10);
  const records = (count: number, price: number) =>
    Array.from({ length: count }, (_, n) => ({ id: `r${n}`, data: { price } }));
  for (const entity of ['products', 'departments']) {
    await hq.admin.changeRecords(entity, records(25, 1));
    for (const storeId of ['gone', 'failing']) await copyOf(storeId, entity).pullAll();
  }
  await hq.admin.changeRecords('departments', records(2, 2));
  await hq.admin.changeRecords('products', records(5, 2));
  await copyOf('well', 'products').step(); // reads from the start, and has confirmed nothing
  await copyOf('failing', 'products').pullAll();
  await copyOf('failing', 'departments').pullAll();

  const families = await scrapeFamilies(hq.url);
  const { rows } = await hq.database.pool.query(`
    select s.store_id, coalesce(sum(b.pending_changes), 0)::float8 as pending,
      coalesce(round(extract(epoch from min(b.pending_since)), 3), 0)::float8 as since
    from hq.store_connection s left join hq_view.pull_backlog b using (store_id)
    join hq_view.stores using (store_id) group by 1 order by 1`);
  for (const { store_id, pending, since } of rows) {
    const labels = { store_id, direction: 'pull' };
    const exported = {
      pending: valueOf(families, 'hq_store_pending_records', labels),
      since: valueOf(families, 'hq_store_oldest_pending_timestamp_seconds', labels),
    };
    expect({ store_id, ...exported }).toEqual({ store_id, pending, since });
  }
  const pending = Object.fromEntries(rows.map((row) => [row.store_id, row.pending]));
  expect(pending).toEqual({ failing: 0, gone: 7, holding: 0, never: 0, revoked: 0, well: 30 });
});

test('resync jobs are counted by state, every state is there', async () => {
  fleet = await startLivingFleet(hq);
  const states = ['queued', 'running', 'done', 'cancelled', 'failed'];
  const exported = async () => {
    const families = await scrapeFamilies(hq.url);
    return Object.fromEntries(states.map((state) => [state, valueOf(families, 'hq_resync_jobs', { state })]));
  };
  const none = Object.fromEntries(states.map((state) => [state, 0]));
  expect(await exported()).toEqual(none);

  const force = (storeId: string) =>
    hq.admin.call('POST', `/stores/${storeId}/resync`, { entities: ['products'] });
  for (const storeId of ['gone', 'well', 'failing']) await force(storeId); // the first waits for its store
  const { body: job } = await force('holding');
  await hq.admin.call('POST', `/resync-jobs/${job.jobId}/cancel`, {});
  const { rows } = await hq.database.pool.query<{ state: string; jobs: number }>(
    'select state, count(*)::int as jobs from hq_view.resync_jobs group by state',
  );
  const ofView = { ...none, ...Object.fromEntries(rows.map(({ state, jobs }) => [state, jobs])) };
  expect(ofView).toEqual({ ...none, queued: 1, running: 2, cancelled: 1 });
  expect(await exported()).toEqual(ofView);
});

test('two replicas give the same answer, and know of each other what happened to their stores', async () => {
  fleet = await startLivingFleet(hq);
  const other = await hq.replica();
  const [here, there] = [await scrape(hq.url), await scrape(other.url)];
  expect(there).toBe(here);

  // Behind their first reading each: what comes now, each must read again.
  const token = fleet.tokens.get('never')!;
  const socket = await WireStore.connect(other.url, token);
  await push(hq.url, token, [saleRecord('x')]);
  await push(other.url, fleet.tokens.get('well')!, [saleRecord('y')]);
  const seen = await eventually(
    'both know of the new connection',
    async () => [await scrapeFamilies(hq.url), await scrapeFamilies(other.url)] as const,
    (both) => both.every((families) => storeValue(families, 'hq_store_connected', 'never') === 1),
  );
  for (const families of seen) {
    const records = (storeId: string) =>
      valueOf(families, 'hq_store_entity_records_total', {
        store_id: storeId,
        entity: 'sales',
        direction: 'push',
      });
    expect([records('never'), records('well')]).toEqual([1, 32]);
  }
  expect(await scrape(other.url)).toBe(await scrape(hq.url));
  await socket.close();
});

test('an archived store is gone at the next scrape, and a renamed one has its new name alone', async () => {
  fleet = await startLivingFleet(hq);
  expect(storesIn(await scrapeFamilies(hq.url), 'hq_store_info')).toContain('holding');
  await hq.admin.call('POST', '/stores/holding/archive', {});
  await hq.admin.call('PATCH', '/stores/well', { name: 'Plain', region: 'south' });
  const text = await scrape(hq.url);
  expect(text).not.toContain('store_id="holding"');
  expect(text.match(/^hq_store_info\{store_id="well".*$/gm)).toEqual([
    'hq_store_info{store_id="well",name="Plain",region="south",timezone="UTC",agent_version="1.2.3 \\"beta\\"",schema_version="2"} 1',
  ]);
  expect(text).not.toContain(oddName.slice(-10));
});

test('a store that is taken out of the archive comes back with all its totals', async () => {
  fleet = await startLivingFleet(hq);
  expect(await scrape(hq.url)).not.toContain('store_id="archived"');
  await hq.database.pool.query(`
    update hq.store_entity set changed_at = changed_at - interval '1 day' where store_id = 'archived';
    update hq.store set archived_at = null where store_id = 'archived'`);
  const ofSales = { store_id: 'archived', entity: 'sales', direction: 'push' };
  expect(valueOf(await scrapeFamilies(hq.url), 'hq_store_entity_records_total', ofSales)).toBe(5);
});

test('a total that was stamped before a scrape and committed after it is in the next one', async () => {
  fleet = await startLivingFleet(hq);
  const late = await hq.database.pool.connect();
  await late.query('begin');
  await late.query(`
    update hq.store_entity set records_total = 1000, changed_at = clock_timestamp() - interval '50 seconds'
    where store_id = 'well'`);
  await scrape(hq.url);
  await late.query('commit');
  late.release();
  const ofSales = { store_id: 'well', entity: 'sales', direction: 'push' };
  expect(valueOf(await scrapeFamilies(hq.url), 'hq_store_entity_records_total', ofSales)).toBe(1000);
});

test('with no living lease nobody is known to be connected or not: no sample, and unknown in the sum', async () => {
  fleet = await startLivingFleet(hq);
  const before = await scrapeFamilies(hq.url);
  expect(storesIn(before, 'hq_store_connected')).toHaveLength(6);
  await hq.database.pool.query(
    `update hq.collector set lease_until = clock_timestamp() - interval '1 second'`,
  );
  const families = await scrapeFamilies(hq.url);
  // One that has never connected needs no collector to be known as such; that is 0 before and after.
  expect(storesIn(families, 'hq_store_connected')).toEqual(['never']);
  expect(storeValue(families, 'hq_store_connected', 'never')).toBe(0);
  const status = (name: string) => valueOf(families, 'hq_stores', { status: name });
  expect(['connected', 'disconnected', 'unknown', 'never_connected', 'no_server'].map(status)).toEqual([
    0, 0, 5, 1, 1,
  ]);
  expect(counters(families)).toEqual(counters(before));
});

test('no counter falls and none is lost when the collector is replaced', async () => {
  fleet = await startLivingFleet(hq);
  const before = counters(await scrapeFamilies(hq.url));
  const successor = await hq.replica();
  for (const socket of fleet.sockets.values()) await socket.close();
  const last = await eventually(
    'the ends of the connections are counted',
    async () => counters(await scrapeFamilies(hq.url)),
    (now) => [...now.values()].reduce((a, b) => a + b) >= [...before.values()].reduce((a, b) => a + b) + 3,
  );
  await Promise.all([scrape(hq.url), scrape(successor.url)]);
  await push(successor.url, fleet.tokens.get('well')!, [saleRecord('after')]);
  const after = counters(await scrapeFamilies(successor.url));
  expect([...after.keys()]).toEqual([...last.keys()]);
  for (const [series, value] of last) expect([series, after.get(series)! >= value]).toEqual([series, true]);
  const changed = [...after].filter(([series, value]) => value !== last.get(series));
  expect(changed).toEqual([[expect.stringMatching(/^hq_store_entity_records_total .*"well".*"sales"/), 32]]);
});
