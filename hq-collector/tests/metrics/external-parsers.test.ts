import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { startTestCollector, type TestCollector } from '@hq-sync/testkit/test-collector';
import { FleetExposition } from '../../src/metrics/fleet-exposition.js';
import { fleetOf, makeSample, makeSampleWithoutServer } from './fleet-fixture.js';
import { oddName, scrape, startLivingFleet, storesIn, type LivingFleet } from './living-fleet.js';
import { readStrictly, valueOf } from './strict-text.js';

/** Parsers that others wrote. PROMETHEUS_CLIENT_PYTHON names a python3 that has prometheus_client, default python3. */
const python = process.env['PROMETHEUS_CLIENT_PYTHON'] ?? 'python3';
const names = ['plain', 'The "Old" C:\\new\nSão Paulo 東京 🏪', '\\', '"', '\\n', 'a,b="c"} 1 # {'];

const texts = new Map<string, string>();
let hq: TestCollector;
let fleet: LivingFleet | undefined;

beforeAll(async () => {
  const stores = names.map((name, n) => makeSample({ storeId: `store ${n} ${name}`, name }));
  const exposition = new FleetExposition();
  await exposition.update(fleetOf(...stores, makeSampleWithoutServer({ storeId: 'none' })));
  texts.set('a made-up fleet', Buffer.concat(exposition.snapshot()).toString());

  hq = await startTestCollector();
  fleet = await startLivingFleet(hq);
  texts.set('/metrics/stores of a real fleet', await scrape(hq.url));
  texts.set('/metrics of its collector', await scrape(hq.url, '/metrics'));
});
afterAll(async () => {
  await fleet?.close();
  await hq?.stop();
});

const missing = new Set<string>();

/** A test where the program is there; else one that is visibly skipped. */
function testWith(what: string, isThere: boolean, name: string, body: () => void): void {
  if (isThere) return test(name, body);
  if (!missing.has(what)) console.warn(`skipped: no ${what}`); // eslint-disable-line no-console -- a skip must be loud
  missing.add(what);
  test.skip(`${name} (skipped: no ${what})`, body);
}

const answers = (program: string, ...parameters: string[]) => spawnSync(program, parameters).status === 0;
const hasPromtool = answers('promtool', '--version');
const hasPythonClient = answers(python, '-c', 'import prometheus_client');

describe.each(['a made-up fleet', '/metrics/stores of a real fleet', '/metrics of its collector'])(
  'the text of %s is taken',
  (which) => {
    const seriesOf = (text: string) =>
      text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));

    test('by our own strict reader', () => {
      const families = readStrictly(texts.get(which)!);
      const samples = [...families.values()].flatMap((family) => family.samples);
      expect(samples).toHaveLength(seriesOf(texts.get(which)!).length);
      for (const { type, help, samples: own } of families.values()) {
        expect(help).not.toBe('');
        if (type === 'counter') for (const { value } of own) expect(value).toBeGreaterThanOrEqual(0);
      }
    });

    testWith('promtool', hasPromtool, 'by promtool check metrics', () => {
      const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], {
        input: texts.get(which)!,
      });
      expect(`${stdout}${stderr}`).toBe('');
      expect(status).toBe(0);
    });

    testWith(
      'prometheus_client for python3',
      hasPythonClient,
      'by prometheus_client, whose reading as OpenMetrics is taken by its stricter parser with every series',
      () => {
        const { status, stdout, stderr } = spawnSync(python, ['-c', readBack], {
          input: texts.get(which)!,
          env: { ...process.env, PYTHONIOENCODING: 'utf-8' },
        });
        expect(stderr.toString()).toBe('');
        expect(status).toBe(0);
        const read = JSON.parse(stdout.toString()) as { series: number; names: string[] };
        expect(read.series).toBe(seriesOf(texts.get(which)!).length);
        const named = readStrictly(texts.get(which)!).get('hq_store_info')?.samples ?? [];
        expect(read.names.toSorted()).toEqual(named.map(({ labels }) => labels.get('name')!).toSorted());
      },
    );
  },
);

// The text format's parser is lenient; OpenMetrics' is not (names, types, duplicates, order of buckets). It does not
// take this format, so it is given what the first one has read, written out again by prometheus_client itself.
const readBack = `
import json, sys
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.openmetrics.exposition import generate_latest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as strict
families = list(text_string_to_metric_families(sys.stdin.read()))
class Once:
    def collect(self, *_): return families
again = list(strict(generate_latest(Once()).decode()))
samples = [s for f in again for s in f.samples]
assert len({(s.name, tuple(sorted(s.labels.items()))) for s in samples}) == len(samples), 'a series is there twice'
print(json.dumps({'series': len(samples), 'names': [s.labels['name'] for s in samples if s.name == 'hq_store_info']}))
`;

test('the made-up names are read back as they were', () => {
  const info = readStrictly(texts.get('a made-up fleet')!).get('hq_store_info')!;
  expect(info.samples.map(({ labels }) => labels.get('name')!).toSorted()).toEqual(
    [...names, 'Main Street'].toSorted(),
  );
});

test('the real text has every kind of store, each as it is', () => {
  const families = readStrictly(texts.get('/metrics/stores of a real fleet')!);
  const value = (name: string, labels: Record<string, string>) => valueOf(families, name, labels);
  const served = ['failing', 'gone', 'holding', 'never', 'revoked', 'well'];
  expect(storesIn(families, 'hq_store_info')).toEqual([...served, 'serverless'].toSorted());
  expect(storesIn(families, 'hq_store_connected')).toEqual(served);
  for (const storeId of served) {
    const isConnected = ['failing', 'holding', 'well'].includes(storeId);
    expect([storeId, value('hq_store_connected', { store_id: storeId })]).toEqual([
      storeId,
      isConnected ? 1 : 0,
    ]);
  }
  expect(
    value('hq_store_info', {
      store_id: 'well',
      name: oddName,
      region: 'north',
      timezone: 'UTC',
      agent_version: '1.2.3 "beta"',
      schema_version: '2',
    }),
  ).toBe(1);
  const ofSales = { entity: 'sales', direction: 'push' };
  expect(value('hq_store_entity_records_total', { store_id: 'well', ...ofSales })).toBe(31);
  expect(value('hq_store_entity_records_total', { store_id: 'holding', ...ofSales })).toBe(2);
  expect(value('hq_store_pending_records', { store_id: 'well', direction: 'push' })).toBe(7);
  expect(value('hq_store_last_sale_timestamp_seconds', { store_id: 'well' })).toBe(
    Date.parse('2026-11-23T10:00:00.250Z') / 1000,
  );
  expect(value('hq_store_sync_errors_open', { store_id: 'failing', kind: 'schema_mismatch' })).toBe(2);
  expect(value('hq_store_sync_errors_open', { store_id: 'holding', kind: 'record_rejected' })).toBe(1);
  expect(value('hq_store_sync_errors_total', { store_id: 'revoked', kind: 'token_rejected' })).toBe(1);
  expect(value('hq_store_disconnects_total', { store_id: 'revoked', reason: 'token revoked' })).toBe(1);
  expect(value('hq_store_disconnects_total', { store_id: 'gone', reason: 'agent stopped' })).toBe(1);
});

test('the real text of the process counts what it did', () => {
  const families = readStrictly(texts.get('/metrics of its collector')!);
  expect(valueOf(families, 'hq_collector_connects_total')).toBe(6);
  expect(valueOf(families, 'hq_collector_sockets')).toBe(3);
  expect(valueOf(families, 'hq_collector_sync_failures_total', { code: 'schema_mismatch' })).toBe(2);
  expect(valueOf(families, 'hq_collector_tokens_rejected_total', { code: 'token_revoked' })).toBe(1);
  expect(
    valueOf(families, 'hq_http_request_duration_seconds_count', {
      method: 'POST',
      route: '/v1/push/:entity',
      status: '200',
    }),
  ).toBe(4);
});
