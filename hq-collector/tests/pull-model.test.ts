import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { eventually } from '@hq-sync/testkit/eventually';
import { PulledCopy } from '@hq-sync/testkit/pull-client';
import { startTestCollector, type TestCollector } from '@hq-sync/testkit/test-collector';
import fc from 'fast-check';

const storeIds = ['a', 'b', 'c'];
const sets = ['x', 'y'];
const runs = 12;

let hq: TestCollector;
const tokens = new Map<string, string>();
beforeAll(async () => {
  hq = await startTestCollector({});
  for (const storeId of storeIds) {
    await hq.admin.createStore({ storeId });
    tokens.set(storeId, (await hq.admin.generateToken(storeId)).token);
  }
  for (const set of sets) await hq.admin.call('PUT', `/sets/${set}`, { storeIds: [] });
});
afterAll(() => hq.stop());

/** What people at HQ and stores do, in any order. */
const action = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('change' as const),
      lines: fc.array(
        fc.record({
          id: fc.integer({ min: 0, max: 11 }),
          set: fc.constantFrom(undefined, ...sets),
          deleted: fc.boolean(),
        }),
        { minLength: 1, maxLength: 8 },
      ),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('members' as const),
      set: fc.constantFrom(...sets),
      storeIds: fc.subarray(storeIds),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({ kind: fc.constant('pull' as const), storeId: fc.constantFrom(...storeIds) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('startOver' as const), storeId: fc.constantFrom(...storeIds) }),
  },
);
type Action = typeof action extends fc.Arbitrary<infer A> ? A : never;

async function held(entity: string, storeId: string): Promise<Map<string, unknown>> {
  const { rows } = await hq.database.pool.query<{ id: string; data: unknown }>(
    `select record_id as id, data from hq.hq_record
     where entity = $1 and not deleted and (store_set = 'all' or store_set in (
       select store_set from hq.store_set_member where store_id = $2))`,
    [entity, storeId],
  );
  return new Map(rows.map(({ id, data }) => [id, data]));
}

const backlog = async () => (await hq.database.pool.query('select * from hq_view.pull_backlog')).rows;

let price = 0;

async function act(done: Action, entity: string, copies: ReadonlyMap<string, PulledCopy>): Promise<void> {
  switch (done.kind) {
    case 'change':
      price += 1;
      await hq.admin.changeRecords(
        entity,
        done.lines.map(({ id, set, deleted }) =>
          deleted ? { id: `r${id}`, deleted } : { id: `r${id}`, data: { price }, ...(set && { set }) },
        ),
      );
      return;
    case 'members':
      await hq.admin.call('PUT', `/sets/${done.set}`, { storeIds: done.storeIds });
      return;
    case 'pull':
      await copies.get(done.storeId)!.step();
      return;
    case 'startOver':
      copies.get(done.storeId)!.startOver();
  }
}

test('whatever is changed, joined, left and pulled in whatever order: every copy ends as what HQ holds for its store', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(action, { minLength: 5, maxLength: 25 }),
      fc.integer({ min: 2, max: 6 }),
      async (actions, maxRecords) => {
        const entity = 'promotions';
        const copies = new Map(
          storeIds.map((id) => [id, new PulledCopy(hq.url, tokens.get(id)!, entity, maxRecords)]),
        );
        for (const done of actions) await act(done, entity, copies);
        for (const [storeId, copy] of copies) {
          await copy.pullAll();
          expect(copy.records).toEqual(await held(entity, storeId));
        }
        await eventually('HQ knows that nothing waits', backlog, (rows) => rows.length === 0);
      },
    ),
    { numRuns: runs, endOnFailure: true },
  );
}, 120_000);
