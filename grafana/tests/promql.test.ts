import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it, test } from '@jest/globals';
import { stringify } from 'yaml';
import { committed, panelsOf } from './committed.js';
import { interpolatePromql } from './interpolate.js';

const metricsDocument = readFileSync(new URL('../../docs/metrics.md', import.meta.url), 'utf8');

/** Every expression of every dashboard, with where it stands. */
const expressions = committed.flatMap((dashboard) => [
  ...panelsOf(dashboard).flatMap(({ title, targets = [] }) =>
    targets.flatMap(({ expr, refId }) =>
      expr === undefined ? [] : [{ where: `${dashboard.title}: ${title} ${refId}`, expr }],
    ),
  ),
  ...(dashboard.annotations.list ?? []).flatMap(({ name, expr }) =>
    expr === undefined ? [] : [{ where: `${dashboard.title}: marks ${name}`, expr }],
  ),
]);

describe('PromQL of the dashboards', () => {
  it('is there', () => {
    expect(expressions.length).toBeGreaterThan(30);
  });

  it('uses metrics that docs/metrics.md has, and no other', () => {
    const documented = new Set([...metricsDocument.matchAll(/^\| `(hq_\w+)` \|/gm)].map(([, name]) => name));
    const ofNode = /^hq_collector_(process|nodejs)_/;
    const unknown = expressions.flatMap(({ where, expr }) =>
      [...expr.matchAll(/\b(hq_\w+?)(_bucket|_sum|_count)?\b(?=[{[ )*]|$)/g)]
        .filter(([whole, name = '']) => !documented.has(name) && !documented.has(whole) && !ofNode.test(name))
        .map(([whole]) => `${where}: ${whole}`),
    );
    expect(unknown).toEqual([]);
  });

  const parses = 'parses: promtool check rules';
  const overlapping = 'answers while a store has two infos: Prometheus was away when it changed';
  if (spawnSync('promtool', ['--version']).error) {
    console.warn('skipped: no promtool'); // eslint-disable-line no-console -- a skip must be loud
    for (const name of [parses, overlapping]) test.skip(`${name} (skipped: no promtool)`, () => undefined);
    return;
  }
  const rules = expressions.map(({ where, expr }, index) => ({
    record: `dashboard:expression:${index}`,
    expr: interpolatePromql(expr),
    labels: { where },
  }));
  const promtool = (...[command, more]: ['check' | 'test', object?]) => {
    const folder = mkdtempSync(path.join(tmpdir(), 'hq-promql-'));
    try {
      const file = path.join(folder, 'rules.yml');
      writeFileSync(file, stringify({ groups: [{ name: 'dashboards', rules }] }));
      const tests = path.join(folder, 'tests.yml');
      writeFileSync(tests, stringify({ rule_files: [file], evaluation_interval: '1m', ...more }));
      const args = command === 'check' ? ['check', 'rules', file] : ['test', 'rules', tests];
      const { status, stdout, stderr } = spawnSync('promtool', args, { encoding: 'utf8' });
      return { status, said: `${stdout}${stderr}` };
    } finally {
      rmSync(folder, { recursive: true });
    }
  };

  test(parses, () => {
    expect(promtool('check')).toMatchObject({
      status: 0,
      said: expect.stringContaining(`${rules.length} rules found`),
    });
  });

  test(overlapping, () => {
    const of = (labels: string) => `{store_id="store-1",instance="hq:8080",job="hq-stores",${labels}}`;
    const names = new Set(rules.flatMap(({ expr }) => expr.match(/\bhq_\w+/g) ?? []));
    names.delete('hq_store_info');
    const series = [...names].map((name) => `${name}${of('entity="sales",direction="push"')}`);
    const infos = ['region="North",agent_version="1"', 'region="South",agent_version="2"'];
    series.push(...infos.map((labels) => `hq_store_info${of(labels)}`));
    const input_series = series.map((one) => ({ series: one, values: '1+1x4' }));
    // Nothing, whatever the answer is: an error is none.
    const promql_expr_test = rules.map(({ expr }) => ({ expr: `count(${expr}) < 0`, eval_time: '4m' }));
    const tests = [{ interval: '1m', input_series, promql_expr_test }];
    expect(promtool('test', { tests })).toMatchObject({ status: 0 });
  });
});
