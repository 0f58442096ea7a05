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
  const output = await answerOf(testsOf(ruleFiles, stories.map(pagesTest)), file);
  return stories.map((story, number) => ({
    story,
    pages: pagesOf(output, number, 'ever'),
    atEnd: pagesOf(output, number, 'at end'),
  }));
}

/**
 * Labels and annotations, as promtool prints them, of an alert at a minute of a story; empty where it does not fire.
 */
export async function textOf(
  story: Story,
  alert: string,
  minute: number,
  ruleFiles: readonly string[],
): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'hq-story-'));
  try {
    const question = { alertname: alert, eval_time: `${minute}m` };
    const external = { grafana_url: 'http://grafana.test', runbooks_url: 'http://runbooks.test' };
    const test = { ...inputOf(story), external_labels: external, alert_rule_test: [question] };
    const output = await answerOf(testsOf(ruleFiles, [test]), path.join(folder, 'story.yml'));
    return /got:\[([^]*?)\n\s+\]\n/.exec(output)?.[1]?.trim() ?? '';
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** What promtool says to this file of tests; it fails them all, for each question has a wrong answer beside it. */
async function answerOf(tests: object, file: string): Promise<string> {
  await writeFile(file, yamlOf(tests));
  const promtool = spawn('promtool', ['test', 'rules', file]);
  const chunks: Buffer[] = [];
  for (const stream of [promtool.stdout, promtool.stderr])
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  await once(promtool, 'close');
  return Buffer.concat(chunks).toString('utf8');
}

function testsOf(ruleFiles: readonly string[], tests: readonly object[]): object {
  return { rule_files: ruleFiles, evaluation_interval: `${stepSeconds}s`, tests };
}

function inputOf(story: Story): object {
  const world = new World(story.regions ?? defaultRegions, story.minutes);
  story.happens(world);
  return { name: story.name, interval: `${stepSeconds}s`, input_series: world.series() };
}

function pagesTest(story: Story, number: number): object {
  const end = duration(story.minutes * 60);
  return {
    ...inputOf(story),
    promql_expr_test: [
      { expr: pagesEver(end), eval_time: end, exp_samples: [question(number, 'ever')] },
      { expr: pagesNow, eval_time: end, exp_samples: [question(number, 'at end')] },
    ],
  };
}

type When = 'ever' | 'at end';
const label = (number: number, when: When) => `{story="${number}", when="${when}"}`;
const question = (number: number, when: When) => ({ labels: label(number, when), value: 0 });
const firing = 'ALERTS{alertstate="firing",severity=~"critical|warning"}';
const named = (pages: string) =>
  `max by (alertname, of) (label_replace(label_replace(${pages}, "of", "$1", "region", "(.+)"), "of", "$1", "store_id", "(.+)"))`;
/** Its value is how often the alert began. */
const pagesEver = (within: string) =>
  named(`sum_over_time((${firing} unless ${firing} offset ${stepSeconds}s)[${within}:${stepSeconds}s])`);
const pagesNow = named(firing);

function pagesOf(output: string, number: number, when: When): Page[] {
  const answer = output.split(`exp: ${label(number, when)} 0E+00`)[1];
  const got = answer === undefined ? undefined : /^\s+got: ?(.*)$/m.exec(answer)?.[1];
  if (got === undefined) throw new Error(`promtool gave no answer:\n${output.slice(0, 4_000)}`);
  const samples = [...got.matchAll(/\{alertname="([^"]+)"(?:, of="([^"]+)")?\} ([\d.E+]+)/g)];
  return samples
    .map(([, alert, of, times]) => [alert, of, Number(times) > 1 && `(${Number(times)} times)`])
    .map((words) => words.filter(Boolean).join(' '))
    .toSorted();
}
