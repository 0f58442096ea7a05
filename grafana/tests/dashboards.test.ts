import { describe, expect, it } from '@jest/globals';
import { dashboards } from '@hq-sync/grafana/dashboards';
import { format, resolveConfig } from 'prettier';
import { committed, files, panelsOf, text, type CommittedPanel } from './committed.js';

/** Words in which a description says what nothing means. */
const saysWhatZeroMeans = /\b0\b/;

describe('dashboards', () => {
  it('are committed as they are generated: npm run generate', async () => {
    const options = { ...(await resolveConfig(new URL('x.json', import.meta.url).pathname)), parser: 'json' };
    const generated = await Promise.all(
      Object.entries(dashboards).map(async ([name, dashboard]) => [
        `${name}.json`,
        await format(JSON.stringify(dashboard), options),
      ]),
    );
    expect(Object.fromEntries(files.map((file) => [file, text(file)]))).toEqual(
      Object.fromEntries(generated),
    );
  });

  it.each(committed.map((dashboard) => [dashboard.title, dashboard] as const))(
    '%s: every panel has a title, a unit, and says what it shows and what zero means',
    (_, dashboard) => {
      expect(dashboard.uid).toMatch(/^hq-[a-z-]+$/);
      expect(dashboard.description).toMatch(/\w/);
      for (const panel of panelsOf(dashboard)) {
        expect({ ...panel, saysZero: saysWhatZeroMeans.test(panel.description ?? '') }).toMatchObject({
          title: expect.stringMatching(/\w/),
          saysZero: true,
          fieldConfig: { defaults: { unit: expect.stringMatching(/\w/) } },
        });
      }
    },
  );

  it.each(committed.map((dashboard) => [dashboard.title, dashboard] as const))(
    '%s: panels have a place and an id of their own, and data sources that are provisioned',
    (_, dashboard) => {
      const everything = dashboard.panels.flatMap((panel) => [panel, ...(panel.panels ?? [])]);
      const ids = everything.map(({ id }) => id);
      expect(new Set(ids).size).toBe(ids.length);
      expect(everything.filter((panel) => everything.some((other) => overlap(panel, other)))).toEqual([]);
      for (const { datasource, targets = [] } of panelsOf(dashboard)) {
        for (const target of targets) {
          expect(['hq-postgres', 'hq-prometheus']).toContain(target.datasource.uid);
          expect(datasource?.uid).toBe(target.datasource.uid);
        }
      }
    },
  );

  it('carry the store and the time from one to the next', () => {
    for (const { templating, ...dashboard } of committed) {
      expect(templating.list.map(({ name }) => name)).toContain('store');
      expect(dashboard).toMatchObject({ links: [{ type: 'dashboards', keepTime: true, includeVars: true }] });
    }
  });
});

function overlap(one: CommittedPanel, other: CommittedPanel): boolean {
  const [a, b] = [one.gridPos, other.gridPos];
  return one !== other && a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;
}
