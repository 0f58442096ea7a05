import { beforeAll, describe, expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { FleetExposition } from '../../src/metrics/fleet-exposition.js';
import { fleetOf, makeSample, makeSampleWithoutServer } from './fleet-fixture.js';

/** Parsers that others wrote. PROMETHEUS_CLIENT_PYTHON names a python3 that has prometheus_client, default python3. */
const python = process.env['PROMETHEUS_CLIENT_PYTHON'] ?? 'python3';
const names = ['plain', 'The "Old" C:\\new\nSão Paulo 東京 🏪', '\\', '"', '\\n', 'a,b="c"} 1 # {'];
let text: Buffer;

beforeAll(async () => {
  const stores = names.map((name, n) => makeSample({ storeId: `store ${n} ${name}`, name }));
  const exposition = new FleetExposition();
  await exposition.update(fleetOf(...stores, makeSampleWithoutServer({ storeId: 'none' })));
  text = Buffer.concat(exposition.snapshot());
});

/** A test where the program is there; else one that is visibly skipped. */
function testWith(what: string, isThere: boolean, name: string, body: () => void): void {
  if (isThere) return test(name, body);
  console.warn(`skipped: no ${what}`); // eslint-disable-line no-console -- a skip must be loud
  test.skip(`${name} (skipped: no ${what})`, body);
}

const answers = (program: string, ...parameters: string[]) => spawnSync(program, parameters).status === 0;

describe('the exposition is taken', () => {
  testWith('promtool', answers('promtool', '--version'), 'by promtool check metrics', () => {
    const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], { input: text });
    expect(`${stdout}${stderr}`).toBe('');
    expect(status).toBe(0);
  });

  testWith(
    'prometheus_client for python3',
    answers(python, '-c', 'import prometheus_client'),
    'by prometheus_client, which reads back every series and name',
    () => {
      const { status, stdout, stderr } = spawnSync(python, ['-c', readBack], {
        input: text,
        env: { ...process.env, PYTHONIOENCODING: 'utf-8' },
      });
      expect(stderr.toString()).toBe('');
      expect(status).toBe(0);
      const read = JSON.parse(stdout.toString()) as { series: number; names: string[] };
      const lines = text.toString().split('\n');
      expect(read.series).toBe(lines.filter((line) => line !== '' && !line.startsWith('#')).length);
      expect(read.names.toSorted()).toEqual([...names, 'Main Street'].toSorted());
    },
  );
});

const readBack = `
import json, sys
from prometheus_client.parser import text_string_to_metric_families
samples = [s for f in text_string_to_metric_families(sys.stdin.read()) for s in f.samples]
assert len({(s.name, tuple(sorted(s.labels.items()))) for s in samples}) == len(samples), 'a series is there twice'
print(json.dumps({'series': len(samples), 'names': [s.labels['name'] for s in samples if s.name == 'hq_store_info']}))
`;
