import { describe, expect, test } from '@jest/globals';
import { eventually } from '@hq-sync/testkit/eventually';
import fc from 'fast-check';
import Database from 'libsql';
import { execFile } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { pino } from 'pino';
import type { StoreAgent } from '../src/agent.js';
import { canonicalJson } from '../src/canonical-json.js';
import { LocalCopy } from '../src/local-copy.js';
import { page } from './scripted-hq.js';
import { atEnd, command, newDataDir, newHq, sale, startAgent } from './store.js';

const silent = pino({ level: 'silent' });
const idsOf = (agent: StoreAgent) => [...agent.entries('products')].map(({ id }) => id).join();
const fileOf = (dataDir: string) => join(dataDir, 'hq-data.db');

function edit(dataDir: string, sql: string): void {
  const db = new Database(fileOf(dataDir));
  db.exec(sql);
  db.pragma('journal_mode = DELETE');
  db.close();
}

async function hqWithTwo() {
  const hq = await newHq();
  hq.replyToPull = ({ cursor }) =>
    cursor === null
      ? page([
          ['a', { price: 1 }],
          ['b', { price: 2 }],
        ])
      : page([], { cursor });
  return hq;
}

describe('a copy that is broken or gone', () => {
  test.each<[string, (dataDir: string) => void]>([
    ['deleted', (dataDir) => rmSync(fileOf(dataDir))],
    ['no database', (dataDir) => writeFileSync(fileOf(dataDir), 'garbage'.repeat(5_000))],
    ['empty', (dataDir) => writeFileSync(fileOf(dataDir), '')],
    ['of a newer agent', (dataDir) => edit(dataDir, 'PRAGMA user_version = 99')],
    ['without a table', (dataDir) => edit(dataDir, 'DROP TABLE entities')],
  ])('because it is %s is pulled anew', async (_, damage) => {
    const hq = await hqWithTwo();
    const dataDir = newDataDir();
    const options = { hqUrl: hq.url, dataDir, pullEntities: ['products'] };
    const first = await startAgent(options);
    await eventually(
      'the copy',
      () => idsOf(first),
      (ids) => ids === 'a,b',
    );
    first.enqueue('sales', { id: 's-1', revision: 1, data: sale() });
    await first.stop();
    damage(dataDir);
    const second = await startAgent(options);
    await eventually(
      'the copy',
      () => idsOf(second),
      (ids) => ids === 'a,b',
    );
    expect(second.status().instanceId).toBe(first.status().instanceId);
  });

  test('is pulled anew by an agent that runs', async () => {
    const hq = await hqWithTwo();
    const dataDir = newDataDir();
    const agent = await startAgent({ hqUrl: hq.url, dataDir, pullEntities: ['products'] });
    await eventually(
      'the first copy',
      () => hq.pulls.length,
      (pulls) => pulls === 2,
    );
    await agent.stop();
    // the page of the records is overwritten, what is read at the start is sound
    const db = new Database(fileOf(dataDir));
    const [{ rootpage }] = db.prepare(`SELECT rootpage FROM sqlite_schema WHERE name = 'records'`).all() as [
      { rootpage: number },
    ];
    db.close();
    const bytes = readFileSync(fileOf(dataDir));
    bytes.fill(0xff, (rootpage - 1) * 4_096, rootpage * 4_096);
    writeFileSync(fileOf(dataDir), bytes);
    const again = await startAgent({ hqUrl: hq.url, dataDir, pullEntities: ['products'] });
    const ids = () => {
      try {
        return idsOf(again);
      } catch (error) {
        return (error as Error).message;
      }
    };
    await eventually(
      'the confirmation',
      () => hq.pulls.length,
      (pulls) => pulls === 3,
    );
    expect(ids()).toContain('malformed');
    await eventually('the copy', ids, (text) => text === 'a,b');
    expect(existsSync(fileOf(dataDir))).toBe(true);
  });

  test('because no file can be made keeps no sale from HQ', async () => {
    const hq = await hqWithTwo();
    const dataDir = newDataDir();
    mkdirSync(fileOf(dataDir));
    const agent = await startAgent({ hqUrl: hq.url, dataDir, intake: { port: 0 } });
    agent.enqueue('sales', { id: 's-1', revision: 1, data: sale() });
    await eventually(
      'the sale',
      () => agent.status().pendingRecords,
      (pending) => pending === 0,
    );
    expect((await fetch(`${agent.intakeUrl}/hq-data/products/a`)).status).toBe(503);
    expect((await fetch(`${agent.intakeUrl}/hq-data/products`)).status).toBe(503);
  });
});

describe('readers at the store', () => {
  test('get records and whole entities over HTTP, as HQ has them', async () => {
    const hq = await newHq();
    const records = Array.from({ length: 950 }, (_, n): [string, object] => [
      `p/${String(n).padStart(4, '0')} ü`,
      { n, name: `Käse ${n}` },
    ]);
    hq.replyToPull = ({ cursor, maxRecords }) => {
      const at = cursor === null ? 0 : Number(cursor.split('.')[0]);
      const next = records.slice(at, at + maxRecords!);
      const more = at + next.length < records.length;
      return page(next, { cursor: `${at + next.length}.1`, more, scanning: more });
    };
    const agent = await startAgent({ hqUrl: hq.url, intake: { port: 0 }, pullEntities: ['products'] });
    await eventually(
      'the copy',
      () => agent.status().pull[0]!,
      (now) => now.records === 950 && !now.scanning,
    );
    const get = (path: string) => fetch(`${agent.intakeUrl}/hq-data/${path}`);
    const response = await get('products');
    expect(response.headers.get('content-type')).toContain('application/x-ndjson');
    const lines = (await response.text())
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown);
    expect(lines).toEqual(records.map(([id, data]) => ({ id, data })));
    const one = await get(`products/${encodeURIComponent(records[7]![0])}`);
    expect(await one.json()).toEqual({ id: records[7]![0], data: records[7]![1] });
    expect((await get('products/none')).status).toBe(404);
    expect(await (await get('products/none')).json()).toMatchObject({ code: 'record_not_found' });
    expect(await (await get('sales')).json()).toMatchObject({ code: 'entity_not_pulled', status: 404 });

    const status = await promisify(execFile)(process.execPath, [
      command,
      'status',
      '--intake-url',
      agent.intakeUrl!,
    ]);
    expect(status.stdout).toMatch(/^products +950 records, pulled 20[^ ]+Z$/m);

    const hash = createHash('sha256');
    for (const [id, data] of records) hash.update(`${canonicalJson({ id, data })}\n`);
    expect(await agent.copyHash('products')).toBe(hash.digest('hex'));
  });
});

test('a till that does not read on holds up neither the pulls nor the end', async () => {
  const hq = await newHq();
  const text = 'x'.repeat(100_000);
  hq.replyToPull = ({ cursor }) => {
    const at = cursor === null ? 0 : Number(cursor.split('.')[0]);
    const more = at < 20;
    const records = Array.from({ length: 10 }, (_, n): [string, object] => [`r${at * 10 + n}`, { text }]);
    return at > 20
      ? page([], { cursor: '21.1' })
      : page(records, { cursor: `${at + 1}.1`, more, scanning: more });
  };
  const agent = await startAgent({ hqUrl: hq.url, intake: { port: 0 }, pullEntities: ['products'] });
  await eventually(
    'the copy',
    () => agent.status().pull[0]!,
    (now) => now.records === 210 && !now.scanning,
  );
  const response = await fetch(`${agent.intakeUrl}/hq-data/products`);
  expect(response.status).toBe(200);
  const before = hq.pulls.length;
  hq.say({ type: 'news', entities: ['products'] });
  await eventually(
    'a pull',
    () => hq.pulls.length,
    (pulls) => pulls > before,
  );
  await agent.stop();
  await expect(response.text()).rejects.toThrow();
});

describe('mark and sweep', () => {
  const step = fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        kind: fc.constant('page' as const),
        ids: fc.array(fc.nat(9), { maxLength: 4 }),
        remove: fc.boolean(),
        last: fc.boolean(),
      }),
    },
    { weight: 1, arbitrary: fc.constant({ kind: 'startOver' as const }) },
    { weight: 1, arbitrary: fc.constant({ kind: 'reopen' as const }) },
    { weight: 1, arbitrary: fc.constant({ kind: 'plant' as const }) },
  );

  /** What the store has to hold: records with the mark of the reading that brought them last. */
  interface Model {
    records: Map<string, { data: number; marked: boolean }>;
    scanning: boolean;
  }

  test('leaves what the last reading and the changes since have brought', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
        const dataDir = newDataDir();
        let copy = new LocalCopy(dataDir, 2 ** 24, silent, () => undefined);
        atEnd(() => copy.close());
        copy.open();
        const model: Model = { records: new Map(), scanning: true };
        for (const [n, one] of steps.entries()) {
          if (one.kind === 'startOver') {
            copy.startOver(['products']);
            model.scanning = true;
            for (const record of model.records.values()) record.marked = false;
          } else if (one.kind === 'reopen') {
            copy.close();
            copy = new LocalCopy(dataDir, 2 ** 24, silent, () => undefined);
            copy.open();
          } else if (one.kind === 'plant') {
            copy.database.use((db) =>
              db.exec(`INSERT OR IGNORE INTO records VALUES ('products', 'extra', 0, '{"n":-1}')`),
            );
            if (!model.records.has('extra')) model.records.set('extra', { data: -1, marked: false });
          } else {
            const records = one.ids.map((id) => ({ id: `r${id}`, data: one.remove ? null : `{"n":${n}}` }));
            const end = {
              id: randomUUID(),
              cursor: `${n}.1`,
              records: records.length,
              more: !one.last,
              scanning: !one.last,
            };
            const applied = copy.apply(
              'products',
              copy.state('products'),
              records,
              [],
              end,
              new Date().toISOString(),
              () => undefined,
            );
            expect(applied).toBe(true);
            for (const { id } of records) {
              if (one.remove) model.records.delete(id);
              else model.records.set(id, { data: n, marked: true });
            }
            if (model.scanning && one.last) {
              model.scanning = false;
              for (const [id, { marked }] of model.records) if (!marked) model.records.delete(id);
            }
            // every other sweep is cut by the end of the process before its first step
            if (n % 2 === 0) {
              copy.close();
              copy = new LocalCopy(dataDir, 2 ** 24, silent, () => undefined);
              copy.open();
            }
            await copy.sweep('products', () => false);
          }
          const held = [...copy.entries('products')].map(({ id, data }) => [id, data.n]);
          const expected = [...model.records]
            .map(([id, { data }]) => [id, data])
            .sort(([a], [b]) => (String(a) < String(b) ? -1 : 1));
          expect(held).toEqual(expected);
        }
        copy.close();
      }),
      { numRuns: 60 },
    );
  });
});
