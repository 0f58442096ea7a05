import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { eventually } from '@hq-sync/testkit/eventually';
import { PulledCopy, pullPage } from '@hq-sync/testkit/pull-client';
import { startTestCollector, type TestCollector } from '@hq-sync/testkit/test-collector';
import { WatchedProxy } from '@hq-sync/testkit/watched-proxy';

const entity = 'products';
/** Larger than what a socket holds, so that the page comes in pieces. */
const records = Array.from({ length: 3_000 }, (_, index) => ({
  id: `r${index}`,
  data: { name: `Käse № ${index} ${'x'.repeat(700)}` },
}));

let hq: TestCollector;
let database: WatchedProxy;
let token: string;
/** What happens to the answer once this many bytes of a page have come; undefined: nothing. */
let fault: { after: number; then: 'cut' | 'hold' } | undefined;

beforeAll(async () => {
  const direct = new URL(process.env['HQ_TEST_SERVER']!);
  database = await WatchedProxy.listen(
    () => ({ host: direct.hostname, port: Number(direct.port) }),
    () => {
      let pageBytes: number | undefined;
      return {
        fromClient: (chunk) => (pageBytes = chunk.includes('to stdout (format binary)') ? 0 : undefined),
        fromServer(chunk) {
          if (pageBytes === undefined || !fault) return 'pass';
          pageBytes += chunk.length;
          return pageBytes > fault.after ? fault.then : 'pass';
        },
      };
    },
  );
  hq = await startTestCollector({
    databasePort: database.port,
    settings: { HQ_DATABASE_STATEMENT_TIMEOUT_MS: '500' },
  });
  await hq.admin.createStore({ storeId: 's1' });
  ({ token } = await hq.admin.generateToken('s1'));
  expect((await hq.admin.changeRecords(entity, records)).status).toBe(200);
});
afterAll(async () => {
  await hq?.stop();
  await database?.close();
});

/** Each test asks for pages of its own size: HQ holds none of them. */
const pull = (maxRecords: number) => pullPage(hq.url, token, entity, { cursor: null, maxRecords });

async function expectWholeCopy(): Promise<void> {
  const copy = new PulledCopy(hq.url, token, entity);
  await copy.pullAll();
  expect(copy.records).toEqual(new Map(records.map(({ id, data }) => [id, data])));
}

describe('a page that the database fails to bring is refused with a code, and the next pull has all of it', () => {
  test.each([
    ['the connection is lost before a byte of it', 2_001, { after: 0, then: 'cut' }],
    ['the connection is lost in the middle of it', 2_002, { after: 500_000, then: 'cut' }],
    ['the network dies in the middle of it', 2_003, { after: 500_000, then: 'hold' }],
  ] as const)('%s', async (_, maxRecords, happening) => {
    fault = happening;
    expect(await pull(maxRecords)).toMatchObject({ status: 503, problem: { code: 'database_unavailable' } });
    fault = undefined;
    await eventually(
      'a page',
      () => pull(maxRecords),
      ({ status }) => status === 200,
    );
    await expectWholeCopy();
  });

  test('the statement takes too long, and its connection goes on being used', async () => {
    const blocker = await hq.database.pool.connect();
    await blocker.query('begin; lock table hq.hq_record in access exclusive mode');
    const refused = await pull(2_004);
    await blocker.query('rollback');
    blocker.release();
    expect(refused).toMatchObject({ status: 503, problem: { code: 'database_unavailable' } });
    await expectWholeCopy();
  });
});
