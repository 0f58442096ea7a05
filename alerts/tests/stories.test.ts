import { expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { allAlerts } from '../src/rule-files.js';
import { library } from '../src/stories/library.js';
import { runStories, textOf } from '../src/stories/promtool-stories.js';
import { withTable } from '../src/stories/table.js';
import { production } from '../src/thresholds.js';
import { testWith } from './tools.js';

const rules = fileURLToPath(new URL('../rules/*.yml', import.meta.url));
const document = new URL('../../docs/alerts.md', import.meta.url);
const stories = Object.values(library).flat();
const alertNames = (pages: readonly string[]) => pages.map((page) => page.split(' ')[0]!);

testWith(
  'promtool',
  'each story sends its pages and no other, as docs/alerts.md says',
  async () => {
    const results = await runStories(stories, [rules]);
    const sent = results.map(({ story, pages, atEnd }) => ({ story: story.name, pages, atEnd }));
    expect(sent).toEqual(
      stories.map(({ name, pages, atEnd = [] }) => ({
        story: name,
        pages: [...pages].toSorted(),
        atEnd: [...atEnd].toSorted(),
      })),
    );
    const text = readFileSync(document, 'utf8');
    expect(withTable(text, results)).toBe(text);
  },
  600_000,
);

/** Of alerts that tests/pager.test.ts cannot cause, where the texts of the others are read, and with times that pass there. */
const texts = [
  ['collectors restart in a loop', 20, 'HqStoresUnknown', 'The status of 20 stores is unknown'],
  ['lease lost', 20, 'HqCollectorStale', 'Collector b runs behind: lease'],
  ['objective missed slowly', 95, 'HqSloSlowBurn', '% were not synced in 3 days'],
  ['token rotated in time', 40, 'HqStoreTokenExpiring', 'has a token that expires in 12d 23h 20m 0s'],
  ['token forgotten', 40, 'HqStoreTokenExpiresSoon', 'is cut off in 1d 23h 50m 0s: its token expires'],
  ['rule fails', 25, 'HqPrometheusRuleFailures', 'hq-fleet has failed for 5 minutes'],
  ['Alertmanager lost', 25, 'HqPrometheusNotificationsFailing', 'Prometheus cannot hand its alerts'],
  ['chat refuses', 25, 'HqAlertmanagerNotificationsFailing', 'Alertmanager cannot send by slack'],
  ['Alertmanagers apart', 28, 'HqAlertmanagerClusterIncomplete', 'it has seen 1 members'],
] as const;
for (const [name, minute, alert, words] of texts)
  testWith(
    'promtool',
    `the text of ${alert} is for a person`,
    async () => {
      const story = stories.find((one) => one.name === name)!;
      const text = await textOf(story, alert, minute, [rules]);
      expect(text).toContain(words);
      expect(text).toContain(`runbook_url="http://runbooks.test/${alert}.md"`);
      expect(text).not.toMatch(/\{\{|<no value>|<error|%!|NaN/);
    },
    180_000,
  );

test('every alert fires in a story, and in another comes close and is silent', () => {
  const paging = allAlerts(production).filter(({ labels }) => labels.severity !== 'info');
  const names = paging.map(({ alert }) => alert).toSorted();
  const fired = new Set(stories.flatMap(({ pages }) => alertNames(pages)));
  const spared = new Set(stories.flatMap(({ spares = [] }) => spares));
  expect([...fired].toSorted()).toEqual(names);
  expect([...spared].toSorted()).toEqual(names);
});

test('what a story spares is not among its pages', () => {
  for (const { name, pages, spares = [] } of stories)
    expect({ name, both: spares.filter((alert) => alertNames(pages).includes(alert)) }).toEqual({
      name,
      both: [],
    });
});

test('stories have names of their own', () => {
  expect(new Set(stories.map(({ name }) => name)).size).toBe(stories.length);
  expect(stories.length).toBeGreaterThanOrEqual(30);
});
