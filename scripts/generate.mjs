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

async function writeJson(name, value, folder = docs) {
  const options = { ...(await resolveConfig(new URL('x.json', docs).pathname)), parser: 'json' };
  await writeFile(new URL(name, folder), await format(JSON.stringify(value), options));
}

await mkdir(new URL('schemas/', docs), { recursive: true });
for (const [name, schema] of Object.entries(wireSchemas())) await writeJson(`schemas/${name}.json`, schema);
await writeJson('openapi.json', openApiDocument());
const settingsFile = new URL('settings.md', docs);
await writeFile(settingsFile, replaceTable(await readFile(settingsFile, 'utf8'), settingsTable()));
const manualFile = new URL('hqctl.md', docs);
await writeFile(
  manualFile,
  await format(manual(), { ...(await resolveConfig(manualFile.pathname)), parser: 'markdown' }),
);
for (const [file, text] of alertFiles()) {
  await mkdir(new URL('./', new URL(file, root)), { recursive: true });
  await writeFile(new URL(file, root), text);
}

await mkdir(dashboardFiles, { recursive: true });
for (const [name, dashboard] of Object.entries(dashboards))
  await writeJson(`${name}.json`, dashboard, dashboardFiles);
