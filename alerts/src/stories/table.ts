import { library } from './library.js';
import type { StoryResult } from './promtool-stories.js';
import type { Page } from './story.js';

const begin = '<!-- stories: made by `npm run generate:stories` -->';
const end = '<!-- end of stories -->';

/** The document with the table of these results between its marks. Throws where it has none. */
export function withTable(document: string, results: readonly StoryResult[]): string {
  const from = document.indexOf(begin);
  const to = document.indexOf(end);
  if (from < 0 || to < from) throw new Error('the document has no marks for the table of stories');
  return `${document.slice(0, from)}${begin}\n\n${storyTables(results)}\n${document.slice(to)}`;
}

function storyTables(results: readonly StoryResult[]): string {
  return Object.entries(library)
    .map(([heading, stories]) => {
      const rows = stories.map((story) => {
        const sent = results.find((result) => result.story === story)!.pages;
        return `| ${story.name} | ${story.what} | ${list(story.pages)} | ${list(sent)} |`;
      });
      return [`### ${heading}`, '', ignore, header, rule, ...rows, ''].join('\n');
    })
    .join('\n');
}

const ignore = '<!-- prettier-ignore -->';
const header = '| story | what happens | pages expected | pages sent |';
const rule = '| --- | --- | --- | --- |';
/** More stores with one alert are counted, and not named. */
const maxNamed = 10;

function list(pages: readonly Page[]): string {
  const byAlert = new Map<string, Page[]>();
  for (const page of [...pages].toSorted()) {
    const [alert] = page.split(' ');
    byAlert.set(alert!, [...(byAlert.get(alert!) ?? []), page]);
  }
  const texts = [...byAlert].flatMap(([alert, ofAlert]) =>
    ofAlert.length > maxNamed ? [`${alert} of ${ofAlert.length} stores`] : ofAlert,
  );
  return texts.join(', ') || 'none';
}
