import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { library } from './library.js';
import { runStories } from './promtool-stories.js';
import { withTable } from './table.js';

/** `npm run generate:stories`: runs every story and writes the table of docs/alerts.md. Needs promtool; takes minutes. */
const root = new URL('../../../', import.meta.url);
const document = new URL('docs/alerts.md', root);
const rules = fileURLToPath(new URL('alerts/rules/*.yml', root));

const results = await runStories(Object.values(library).flat(), [rules]);
await writeFile(document, withTable(await readFile(document, 'utf8'), results));
