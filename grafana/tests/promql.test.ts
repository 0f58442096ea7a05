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
  if (spawnSync('promtool', ['--version']).error) {
    console.warn('skipped: no promtool'); // eslint-disable-line no-console -- a skip must be loud
    test.skip(`${parses} (skipped: no promtool)`, () => undefined);
  } else {
    test(parses, () => {
      const folder = mkdtempSync(path.join(tmpdir(), 'hq-promql-'));
      try {
        const rules = expressions.map(({ where, expr }, index) => ({
          record: `dashboard:expression:${index}`,
          expr: interpolatePromql(expr),
          labels: { where },
        }));
        const file = path.join(folder, 'rules.yml');
        writeFileSync(file, stringify({ groups: [{ name: 'dashboards', rules }] }));
        const { status, stdout, stderr } = spawnSync('promtool', ['check', 'rules', file], {
          encoding: 'utf8',
        });
        expect({ status, said: `${stdout}${stderr}` }).toMatchObject({
          status: 0,
          said: expect.stringContaining(`${rules.length} rules found`),
        });
      } finally {
        rmSync(folder, { recursive: true });
      }
    });
  }
});
