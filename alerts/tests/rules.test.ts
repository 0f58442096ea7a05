import { describe, expect, test } from '@jest/globals';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { thresholds } from '@hq-sync/grafana/house';
import { ProcessMetrics } from '@hq-sync/hq-collector/metrics/process-metrics';
import { tokenWarningDays } from '@hq-sync/hq-collector/page/store-pieces';
import { generatedFiles } from '../src/generated-files.js';
import { allAlerts, allRules } from '../src/rule-files.js';
import { divided, production } from '../src/thresholds.js';
import { exporterMetrics } from './exporter-metrics.js';
import { ran, testWith } from './tools.js';

const root = new URL('../../', import.meta.url);
const pathOf = (file: string) => fileURLToPath(new URL(file, root));
const read = (file: string) => readFileSync(new URL(file, root), 'utf8');
const alerts = allAlerts(production);

test('the committed files are those that the sources make', () => {
  for (const [file, text] of generatedFiles()) expect({ file, text: read(file) }).toEqual({ file, text });
  const rules = [...generatedFiles().keys()].filter((file) => file.startsWith('alerts/rules/'));
  expect(readdirSync(pathOf('alerts/rules')).map((name) => `alerts/rules/${name}`)).toEqual(rules.toSorted());
});

testWith('promtool', 'promtool takes the rules, with all its lints', () => {
  const files = readdirSync(pathOf('alerts/rules')).map((name) => pathOf(`alerts/rules/${name}`));
  const { status, output } = ran('promtool', 'check', 'rules', '--lint=all', '--lint-fatal', ...files);
  expect({ status, output }).toEqual({ status: 0, output: expect.stringContaining('SUCCESS') });
});

testWith('promtool', 'promtool takes the configuration of Prometheus', () => {
  const { status, output } = ran('promtool', 'check', 'config', pathOf('prometheus/prometheus.yml'));
  expect({ status, output }).toEqual({ status: 0, output: expect.not.stringContaining('WARNING') });
});

describe.each(alerts)('$alert', ({ alert, labels, annotations }) => {
  test('has a severity and every annotation', () => {
    expect(['critical', 'warning', 'info']).toContain(labels.severity);
    for (const text of Object.values(annotations)) expect(text.trim()).not.toBe('');
    expect(Object.keys(annotations).toSorted()).toEqual([
      'dashboard_url',
      'description',
      'runbook_url',
      'summary',
    ]);
    expect(annotations.description).toContain('What to do:');
    expect(annotations.dashboard_url).toMatch(/\/d\/hq-(store|stores|sync-errors|collector)\?.*from=.*&to=/);
  });

  test('has a runbook with its four parts', () => {
    const file = /\/([^/]+)\.md$/.exec(annotations.runbook_url)![1];
    expect(file).toBe(alert);
    const parts = [...read(`alerts/runbooks/${alert}.md`).matchAll(/^#+ (.*)$/gm)].map(
      ([, heading]) => heading,
    );
    expect(parts).toEqual([alert, 'Meaning', 'Impact', 'Diagnosis', 'Mitigation']);
  });
});

test('there is no runbook without an alert', () => {
  const names = readdirSync(pathOf('alerts/runbooks')).filter((name) => name !== 'README.md');
  expect(names.toSorted()).toEqual(alerts.map(({ alert }) => `${alert}.md`).toSorted());
});

test('an alert of one store judges only through the guard', () => {
  const ofStores = alerts.filter(({ annotations }) => annotations.dashboard_url.includes('/d/hq-store?'));
  expect(ofStores.length).toBeGreaterThan(8);
  for (const { alert, expr } of ofStores)
    expect({ alert, guarded: /:guarded\b|store:hq_outage:member/.test(expr) }).toEqual({
      alert,
      guarded: true,
    });
});

test('every metric that rules and texts use exists', () => {
  const documented = [...read('docs/metrics.md').matchAll(/^\| `([a-z_]+)` \|/gm)].map(([, name]) => name!);
  const ofNode = new ProcessMetrics('test').registry.getMetricsAsArray().map(({ name }) => name);
  const recorded = allRules(production).flatMap((rule) => ('record' in rule ? [rule.record] : []));
  const known = new Set([...documented, ...ofNode, ...recorded, ...exporterMetrics]);
  const texts = allRules(production).flatMap((rule) =>
    'alert' in rule ? [rule.expr, ...Object.values(rule.annotations)] : [rule.expr],
  );
  const used = new Set(texts.flatMap(metricsIn));
  expect(used.size).toBeGreaterThan(40);
  expect([...used].filter((name) => !known.has(name))).toEqual([]);
});

test('the dashboards and the page warn of tokens by the same bounds', () => {
  const { tokenExpiringWithin, tokenExpiresSoonWithin } = production.durations;
  const days = (seconds: number) => seconds / 86_400;
  expect(thresholds.tokenDays.map(({ value }) => value)).toEqual([
    null,
    days(tokenExpiresSoonWithin),
    days(tokenExpiringWithin),
  ]);
  expect(tokenWarningDays).toBe(days(tokenExpiringWithin));
});

test('durations are divided, bounds are not', () => {
  const { durations, limits } = divided(production, 60);
  expect(durations.disconnectedFor).toBe(5);
  expect(durations.scrape).toBe(1);
  expect(durations.outageFor).toBe(5);
  expect(limits).toEqual(production.limits);
});

/** Names with a prefix of ours or of a known exporter. */
function metricsIn(text: string): string[] {
  const recorded = text.match(/\b(?:fleet|region|store):hq_[a-z_]+:[a-z0-9_]+/g) ?? [];
  const rest = text
    .replace(/\b(?:fleet|region|store):hq_[a-z_]+:[a-z0-9_]+/g, '')
    .replace(/job="[^"]*"/g, '');
  return [
    ...recorded,
    ...(rest.match(
      /\b(?:hq_[a-z0-9_]+|up|pg_[a-z_]+|prometheus_[a-z_]+|alertmanager_[a-z_]+)\b(?=[\s{)[]|$)/g,
    ) ?? []),
  ];
}

test('the folder of runbooks says what its commands need', () => {
  expect(existsSync(pathOf('alerts/runbooks/README.md'))).toBe(true);
});
