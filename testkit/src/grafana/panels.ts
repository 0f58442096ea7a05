import type { Page } from 'playwright-core';

/** What panels say in place of data. */
const without = /No data|no answer|does not answer|No such store/;

/** Panels that have every right to be empty: nothing has failed, nobody has asked for anything, nothing is open. */
const mayBeEmpty = new Set([
  'Open errors, by kind',
  'Open errors, by store',
  'Sync errors',
  'Quarantine',
  'Error log',
  'Open registers',
  'Resyncs',
  'Refused',
  'Database failures',
  'Sync failures',
  'HTTP errors',
  'Tokens rejected a minute',
  'Stores that need somebody',
  'Stores that claim something else than HQ holds',
]);

/** Titles of panels in sight that should have data and have none. */
export async function emptyPanels(page: Page): Promise<string[]> {
  const panels = await page.locator('.react-grid-item, [data-griditem-key]').allInnerTexts();
  const empty = panels.filter((text) => without.test(text)).map((text) => text.trim().split('\n')[0] ?? '');
  return empty.filter((title) => !mayBeEmpty.has(title.trim()));
}
