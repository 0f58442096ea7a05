// Writes what is made from code and committed: `npm run generate` after a change of the validators, the routes or the alerts.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { format, resolveConfig } from 'prettier';
import { generatedFiles as alertFiles } from '../alerts/dist/generated-files.js';
import { wireSchemas } from '../protocol/dist/json-schema.js';
import { openApiDocument } from '../hq-collector/dist/openapi/document.js';
import { replaceTable, settingsTable } from '../hq-collector/dist/settings-table.js';
import { dashboards } from '../grafana/dist/dashboards.js';
import { manual } from '../hqctl/dist/manual.js';

const root = new URL('../', import.meta.url);
const docs = new URL('docs/', root);
const dashboardFiles = new URL('grafana/dashboards/', root);

async function writeFormatted(file, text, parser) {
  await writeFile(file, await format(text, { ...(await resolveConfig(file.pathname)), parser }));
}
const writeJson = (name, value, folder = docs) =>
  writeFormatted(new URL(name, folder), JSON.stringify(value), 'json');
const writeMarkdown = (name, text) => writeFormatted(new URL(name, docs), text, 'markdown');

await mkdir(new URL('schemas/', docs), { recursive: true });
for (const [name, schema] of Object.entries(wireSchemas())) await writeJson(`schemas/${name}.json`, schema);
await writeJson('openapi.json', openApiDocument());
const settings = await readFile(new URL('settings.md', docs), 'utf8');
await writeMarkdown('settings.md', replaceTable(settings, settingsTable()));
await writeMarkdown('hqctl.md', manual());
for (const [file, text] of alertFiles()) {
  await mkdir(new URL('./', new URL(file, root)), { recursive: true });
  await writeFile(new URL(file, root), text);
}

await mkdir(dashboardFiles, { recursive: true });
for (const [name, dashboard] of Object.entries(dashboards))
  await writeJson(`${name}.json`, dashboard, dashboardFiles);
