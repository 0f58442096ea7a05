import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, expect, test } from '@jest/globals';
import { LocalCopy } from '@hq-sync/store-agent/local-copy';
import { pino } from 'pino';
import { chainDataDir, readChainDay } from '../src/real-day/chain-data.js';
import { CopyAudit } from '../src/real-day/copies.js';
import { faultsOf } from '../src/real-day/faults.js';
import { HqModel, type RecordChange } from '../src/real-day/hq-model.js';
import { killPlan, killKinds } from '../src/real-day/kill-plan.js';
import { findPageEnd } from '../src/real-day/page-end.js';
import { runRealDay } from '../src/real-day/real-day.js';

const oneSeed = { kills: 12, products: 1_000 };

let folder: string | undefined;
afterEach(async () => {
  if (folder) await rm(folder, { recursive: true });
  folder = undefined;
});

if (!chainDataDir)
  process.stderr.write('SKIPPED: HQ_CHAIN_DATA is not set, so the real day under kills is not replayed.\n');
(chainDataDir ? test : test.skip)(
  'a real day under kills comes out exact, to the cent and to the record',
  async () => {
    const report = await runRealDay(readChainDay(chainDataDir!), Date.now() % 1_000_000, oneSeed);
    process.stdout.write(`real day: ${JSON.stringify(report)}\n`);
    expect(faultsOf(report)).toEqual([]);
  },
  420_000,
);

test('a plan of kills has each kind, at least twice in eighteen', () => {
  for (let seed = 0; seed < 50; seed += 1) {
    const kinds = killPlan(seed, 18).map((one) => one.kind);
    for (const kind of killKinds) expect(kinds.filter((one) => one === kind)).toHaveLength(2);
    expect(new Set(killPlan(seed, oneSeed.kills).map((one) => one.kind)).size).toBe(killKinds.length);
  }
});

test('the end of a page is found on the line, plain or as the last member of gzip, once all of it is there', () => {
  const id = '6d0c3c0e-33a4-4a43-8d0e-7d4d0f6b8a55';
  const line = (pageId: string | null) =>
    `${JSON.stringify({ page: { id: pageId, cursor: '3.1', records: 2, more: true, scanning: true } })}\n`;
  const body = gzipSync('{"id":"milk","data":{}}\n');
  const zipped = Buffer.concat([body, gzipSync(line(id))]);
  expect(findPageEnd(Buffer.from(line(null)))).toEqual({ id: null, records: 2, scanning: true });
  expect(findPageEnd(Buffer.concat([Buffer.from('.}\n'), Buffer.from(line(id))]))).toMatchObject({ id });
  expect(findPageEnd(zipped)).toEqual({ id, records: 2, scanning: true });
  for (let length = 0; length < zipped.length; length += 1)
    expect(findPageEnd(zipped.subarray(0, length))).toBeUndefined();
});

test("what a store's copy has otherwise than HQ is named, record by record", async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'real-day-copy-'));
  const copy = new LocalCopy(folder, 1024 ** 2, pino({ level: 'silent' }), () => undefined);
  copy.open();
  const held = { milk: '{"price":1}', bread: '{"price":2}', tea: '{"price":3}' };
  const records = Object.entries(held).map(([id, data]) => ({ id, data }));
  const end = { id: null, cursor: '3.1', records: 3, more: false, scanning: false };
  copy.apply('products', copy.state('products'), records, [], end, new Date().toISOString(), () => undefined);
  copy.close();

  const model = new HqModel();
  const differences = (lines: readonly RecordChange[]) => {
    model.apply({ kind: 'records', entity: 'products', lines });
    const audit = new CopyAudit(model);
    audit.compare(folder!, 's1');
    return audit.differences;
  };
  expect(
    differences(
      Object.entries(held).map(([id, data]) => ({ id, data: JSON.parse(data) as Record<string, unknown> })),
    ),
  ).toEqual([]);
  expect(
    differences([
      { id: 'milk', data: { price: 9 } },
      { id: 'bread', deleted: true },
      { id: 'tea', data: { price: 3 }, set: 'elsewhere' },
      { id: 'wine', data: {} },
    ]),
  ).toEqual([
    'store s1: products: has bread, which HQ has not for it',
    'store s1: products: has another milk: {"price":1}, not {"price":9}',
    'store s1: products: has tea, which HQ has not for it',
    'store s1: products: lacks wine',
  ]);
});
