import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { ProcessMetrics } from '../src/metrics/process-metrics.js';
import { openApiDocument } from '../src/openapi/document.js';
import { replaceTable, settingsTable } from '../src/settings-table.js';

const read = (name: string) => readFileSync(new URL(`../../docs/${name}`, import.meta.url), 'utf8');

test('docs/settings.md has every setting with its default', () => {
  const document = read('settings.md');
  const words = (text: string) => text.replace(/[\s|-]+/g, ' ');
  expect(words(document)).toBe(words(replaceTable(document, settingsTable())));
});

test('docs/openapi.json is the document that is served', () => {
  expect(JSON.parse(read('openapi.json'))).toEqual(JSON.parse(JSON.stringify(openApiDocument())));
});

test('docs/metrics.md has every process metric, with its type and labels, and no other', async () => {
  const metrics = new ProcessMetrics('test');
  metrics.observe({
    sockets: () => 0,
    pushesInFlight: () => 0,
    pullsInFlight: () => 0,
    pullsWaiting: () => 0,
    pool: () => ({ total: 0, idle: 0, waiting: 0 }),
    leaseHeld: () => true,
    leaseAgeSeconds: () => 0,
    fleetChangesWaiting: () => 0,
    failuresWaiting: () => 0,
    pageStreams: () => 0,
  });
  const ofNode = /^hq_collector_(process|nodejs)_/;
  const inCode = (
    metrics.registry.getMetricsAsArray() as { name: string; help: string; labelNames?: string[] }[]
  )
    .filter(({ name }) => !ofNode.test(name))
    .map(
      ({ name, labelNames = [] }) => `${name}(${labelNames.filter((label) => label !== 'le').join(', ')})`,
    );
  const section = read('metrics.md').split('## Process metrics')[1] ?? '';
  const inDocument = [...section.matchAll(/^\| `(hq_\w+)` \| \w+ \| (.*?) \|/gm)].map(
    ([, name, labels]) => `${name}(${(labels ?? '').replaceAll('`', '').trim()})`,
  );
  expect(inDocument.sort()).toEqual(inCode.sort());
});
