import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { adminClient } from '../admin-client.js';
import { AppDrive } from './drive.js';
import { GrafanaPlace } from './grafana-place.js';
import { takePictures } from './pictures.js';
import { steps } from './steps.js';

/**
 * Acts on stores from inside a Grafana that runs and has the app, as a viewer, an editor and an admin, by the steps of
 * the test in a browser. The stores and their servers it brings along; the collector is the one behind that Grafana.
 */
const { values } = parseArgs({
  options: {
    url: { type: 'string' },
    user: { type: 'string', default: 'admin' },
    password: { type: 'string' },
    'hq-url': { type: 'string', default: 'http://127.0.0.1:8080' },
    'admin-token-file': { type: 'string', default: '.data/admin-token' },
    /** Folder that gets them anew. */
    pictures: { type: 'string' },
    /** Only steps whose name has this in it. */
    only: { type: 'string', default: '' },
  },
});
const url = required(values.url, '--url').replace(/\/$/, '');
const password = required(values.password, '--password');
const hqUrl = values['hq-url'].replace(/\/$/, '');
const admin = adminClient(hqUrl, (await readFile(values['admin-token-file'], 'utf8')).trim());

const place = await GrafanaPlace.enter(url, { login: values.user, password });
try {
  const drive = await AppDrive.begin(place, hqUrl, admin);
  try {
    for (const { name, run } of steps.filter((step) => step.name.includes(values.only))) {
      const startedMs = performance.now();
      await run(drive);
      await drive.endStep();
      process.stdout.write(`✓ ${name} (${Math.round((performance.now() - startedMs) / 1_000)} s)\n`);
    }
    if (values.pictures !== undefined) await takePictures(drive, place, values.pictures);
  } finally {
    await drive.end();
  }
} finally {
  await place.close();
}

function required(value: string | undefined, option: string): string {
  if (value === undefined) throw new Error(`${option} is missing.`);
  return value;
}
