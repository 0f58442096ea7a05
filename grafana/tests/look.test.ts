import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { chromiumPath } from '@hq-sync/testkit/browser';

const main = fileURLToPath(new URL('../../testkit/dist/grafana/grafana-look-main.js', import.meta.url));
const name = 'every dashboard opens in a real Grafana, without an error and with data';
const lacking = [
  !process.env['HQ_GRAFANA_URL'] && 'HQ_GRAFANA_URL (and HQ_GRAFANA_PASSWORD)',
  chromiumPath === undefined && 'Chromium',
].filter(Boolean);

if (lacking.length > 0) {
  console.warn(`skipped: no ${lacking.join(', no ')}`); // eslint-disable-line no-console -- a skip must be loud
  test.skip(`${name} (skipped: no ${lacking.join(', no ')})`, () => undefined);
} else {
  test(
    name,
    () => {
      const { status, stdout, stderr } = spawnSync(process.execPath, [main], { encoding: 'utf8' });
      expect({ status, stdout, stderr }).toMatchObject({ status: 0, stderr: '' });
    },
    600_000,
  );
}
