import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
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

/** Processes of promtool beside each other; each works on one processor. */
const promtools = 2;

/**
 * Runs the stories through `promtool test rules` with the rules of `ruleFiles`, and reads what fired from its answer.
 * Rejects when promtool does not run as it should; says nothing of whether the pages are those expected.
 */
export async function runStories(
  stories: readonly Story[],
  ruleFiles: readonly string[],
): Promise<StoryResult[]> {
  const folder = await mkdtemp(path.join(tmpdir(), 'hq-stories-'));
  try {
    const shares = Array.from({ length: promtools }, (_, share) =>
      stories.filter((_, number) => number % promtools === share),
    );
    const results = await Promise.all(
      shares.map((share, number) => runShare(share, ruleFiles, path.join(folder, `${number}.yml`))),
    );
    return results.flat().toSorted((a, b) => stories.indexOf(a.story) - stories.indexOf(b.story));
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function runShare(
  stories: readonly Story[],
  ruleFiles: readonly string[],
  file: string,
): Promise<StoryResult[]> {
  await writeFile(file, yamlOf(storyTests(stories, ruleFiles)));
  const promtool = spawn('promtool', ['test', 'rules', file]);
  const chunks: Buffer[] = [];
  for (const stream of [promtool.stdout, promtool.stderr])
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  await once(promtool, 'close');
  const output = Buffer.concat(chunks).toString('utf8');
  return stories.map((story, number) => ({
    story,
    pages: pagesOf(output, number, 'ever'),
    atEnd: pagesOf(output, number, 'at end'),
  }));
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
