import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { FleetExposition } from '../../src/metrics/fleet-exposition.js';
import type { FleetReading } from '../../src/metrics/fleet-reading.js';
import { maxStoresPerBlock } from '../../src/metrics/store-block.js';
import { storeStatuses, type StoreSample } from '../../src/metrics/store-sample.js';
import { fleetOf, makeSample, readingOf } from './fleet-fixture.js';

const textOf = (exposition: FleetExposition) => Buffer.concat(exposition.snapshot()).toString();

async function freshText(fleet: FleetReading): Promise<string> {
  const fresh = new FleetExposition();
  await fresh.update(fleet);
  return textOf(fresh);
}

const sample = fc
  .record({
    storeId: fc.stringMatching(/^[a-d"\\é]{1,3}$/),
    name: fc.string(),
    region: fc.option(fc.string()),
    status: fc.constantFrom(...storeStatuses),
    hasServer: fc.boolean(),
    expectedOnline: fc.boolean(),
    duplicateServer: fc.boolean(),
    tokenExpiresAt: fc.option(fc.nat()),
    lastHeartbeatAt: fc.option(fc.nat()),
    lastSaleAt: fc.option(fc.nat()),
    clockSkewSeconds: fc.option(fc.double({ noNaN: true })),
    schemaCompatible: fc.option(fc.boolean()),
    openRegisters: fc.option(fc.nat()),
    connectsTotal: fc.nat(),
    pushPendingRecords: fc.nat(),
    pushOldestPendingAt: fc.option(fc.nat()),
    pullPendingRecords: fc.nat(),
    pullOldestPendingAt: fc.option(fc.nat()),
    errorsTotal: totals(),
    errorsOpen: totals(),
    disconnectsTotal: totals(),
  })
  .map(makeSample);

function totals(): fc.Arbitrary<Map<string, number>> {
  return fc
    .dictionary(fc.constantFrom('overloaded', 'replaced', 'new'), fc.nat(), { noNullPrototype: true })
    .map((object) => new Map(Object.entries(object)));
}

/** A step of a fleet's life: stores that come or change, and stores that go. */
const step = fc.record({
  changed: fc.array(sample, { maxLength: 20 }),
  removed: fc.array(
    sample.map(({ storeId }) => storeId),
    { maxLength: 10 },
  ),
});

test('any sequence of changes and removals ends in the text of a fresh rendering of the same fleet', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 8 }), async (steps) => {
      const exposition = new FleetExposition();
      let stores = new Map<string, StoreSample>();
      for (const { changed, removed } of steps) {
        stores = new Map(stores);
        for (const one of changed) stores.set(one.storeId, one);
        for (const storeId of removed) stores.delete(storeId);
        await exposition.update(readingOf(stores));
      }
      expect(textOf(exposition)).toBe(await freshText(readingOf(stores)));
    }),
  );
});

const manyStores = (count: number, given: Partial<StoreSample> = {}) =>
  fleetOf(
    ...Array.from({ length: count }, (_, n) =>
      makeSample({ storeId: `store-${String((n * 7919) % count).padStart(4, '0')}`, ...given }),
    ),
  );

test('stores of many blocks, that came in any order, are sorted by id in each family', async () => {
  const exposition = new FleetExposition();
  await exposition.update(manyStores(5 * maxStoresPerBlock + 3));
  const ids = [...textOf(exposition).matchAll(/^hq_store_connected\{store_id="(.+?)"\}/gm)].map(
    ([, id]) => id,
  );
  expect(ids).toHaveLength(5 * maxStoresPerBlock + 3);
  expect(ids).toEqual(ids.toSorted());
});

test('a fleet that shrinks to nothing and grows again', async () => {
  const exposition = new FleetExposition();
  await exposition.update(manyStores(3 * maxStoresPerBlock));
  await exposition.update(fleetOf());
  expect(textOf(exposition)).toBe(await freshText(fleetOf()));
  const fleet = manyStores(2 * maxStoresPerBlock);
  await exposition.update(fleet);
  expect(textOf(exposition)).toBe(await freshText(fleet));
});

test('only the buffers of the changed family and block are rendered again', async () => {
  const exposition = new FleetExposition();
  const { stores } = manyStores(4 * maxStoresPerBlock);
  await exposition.update(readingOf(stores));
  const before = new Set(exposition.snapshot());

  const changed = { ...stores.get('store-0000')!, lastHeartbeatAt: 1 };
  await exposition.update(readingOf(new Map([...stores, ['store-0000', changed]])));
  const fresh = exposition.snapshot().filter((buffer) => !before.has(buffer));
  expect(fresh).toHaveLength(2); // of the block, and that of the whole fleet, which is made anew each time
  expect(fresh.at(-1)!.toString()).toContain(
    'hq_store_last_heartbeat_timestamp_seconds{store_id="store-0000"} 1\n',
  );
});

test('a snapshot taken while an update is under way is wholly the state before it', async () => {
  const exposition = new FleetExposition();
  await exposition.update(manyStores(20 * maxStoresPerBlock));
  const before = textOf(exposition);

  let finished = false;
  const update = exposition
    .update(manyStores(20 * maxStoresPerBlock, { status: 'disconnected', lastSaleAt: 5 }))
    .finally(() => (finished = true));
  let looks = 0;
  for (; !finished; looks++) {
    const text = textOf(exposition);
    await new Promise(setImmediate);
    if (!finished) expect(text === before).toBe(true);
  }
  await update;
  expect(looks).toBeGreaterThan(2); // else it held the loop in one piece
  expect(textOf(exposition)).toContain('hq_stores{status="connected"} 0\n');
  expect(textOf(exposition)).not.toMatch(/^hq_store_connected\{.*\} 1$/m);
});

test('updates that overlap follow one another', async () => {
  const exposition = new FleetExposition();
  const last = manyStores(2 * maxStoresPerBlock, { lastSaleAt: 2 });
  await Promise.all([
    exposition.update(manyStores(3 * maxStoresPerBlock, { lastSaleAt: 1 })),
    exposition.update(last),
  ]);
  expect(textOf(exposition)).toBe(await freshText(last));
});
