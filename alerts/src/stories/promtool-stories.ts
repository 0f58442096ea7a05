import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { yamlOf } from '../generated-files.js';
import { duration } from '../promql.js';
import { defaultRegions, type Page, type Story } from './story.js';
import { stepSeconds } from './timeline.js';
import { World } from './world.js';

export interface StoryResult {
  readonly story: Story;
  readonly pages: readonly Page[];
  readonly atEnd: readonly Page[];
}

/**
 * Runs the stories through `promtool test rules` with the rules of `ruleFiles`, and reads what fired from its answer.
 * Throws when promtool does not run as it should; says nothing of whether the pages are those expected.
 */
export function runStories(stories: readonly Story[], ruleFiles: readonly string[]): StoryResult[] {
  const folder = mkdtempSync(path.join(tmpdir(), 'hq-stories-'));
  try {
    const file = path.join(folder, 'stories.yml');
    writeFileSync(file, yamlOf(storyTests(stories, ruleFiles)));
    const { stdout, stderr } = spawnSync('promtool', ['test', 'rules', file], {
      encoding: 'utf8',
      maxBuffer: 64 * 1024 ** 2,
    });
    const output = stdout + stderr;
    return stories.map((story, number) => ({
      story,
      pages: pagesOf(output, number, 'ever'),
      atEnd: pagesOf(output, number, 'at end'),
    }));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Each question is put so that promtool answers it with what it got: the expected sample cannot be. */
function storyTests(stories: readonly Story[], ruleFiles: readonly string[]): object {
  return {
    rule_files: ruleFiles,
    evaluation_interval: `${stepSeconds}s`,
    tests: stories.map((story, number) => {
      const world = new World(story.regions ?? defaultRegions, story.minutes);
      story.happens(world);
      const end = duration(story.minutes * 60);
      return {
        name: story.name,
        interval: `${stepSeconds}s`,
        input_series: world.series(),
        promql_expr_test: [
          { expr: pagesEver(end), eval_time: end, exp_samples: [question(number, 'ever')] },
          { expr: pagesNow, eval_time: end, exp_samples: [question(number, 'at end')] },
        ],
      };
    }),
  };
}

type When = 'ever' | 'at end';
const label = (number: number, when: When) => `{story="${number}", when="${when}"}`;
const question = (number: number, when: When) => ({ labels: label(number, when), value: 0 });
const firing = 'ALERTS{alertstate="firing",severity=~"critical|warning"}';
const named = (pages: string) =>
  `max by (alertname, of) (label_replace(label_replace(${pages}, "of", "$1", "region", "(.+)"), "of", "$1", "store_id", "(.+)"))`;
const pagesEver = (within: string) => named(`max_over_time(${firing}[${within}])`);
const pagesNow = named(firing);

function pagesOf(output: string, number: number, when: When): Page[] {
  const answer = output.split(`exp: ${label(number, when)} 0E+00`)[1];
  const got = answer === undefined ? undefined : /^\s+got: ?(.*)$/m.exec(answer)?.[1];
  if (got === undefined) throw new Error(`promtool gave no answer:\n${output.slice(0, 4_000)}`);
  const pages = [...got.matchAll(/\{alertname="([^"]+)"(?:, of="([^"]+)")?\}/g)];
  return pages.map(([, alert, of]) => (of === undefined ? alert! : `${alert} ${of}`)).toSorted();
}
