import { afterAll, afterEach, beforeAll, describe, test } from '@jest/globals';
import { AppDrive } from '@hq-sync/testkit/app-drive/drive';
import { HostPlace } from '@hq-sync/testkit/app-drive/host-place';
import { steps } from '@hq-sync/testkit/app-drive/steps';
import { chromiumPath } from '@hq-sync/testkit/browser';
import { startTestCollector, type TestCollector } from '@hq-sync/testkit/test-collector';

if (chromiumPath === undefined)
  console.warn('skipped: no Chromium on this machine, so the Grafana app is tried in no browser'); // eslint-disable-line no-console -- a skip must be loud
const inBrowser = chromiumPath === undefined ? describe.skip : describe;

inBrowser('the Grafana app, in a browser, with real stores', () => {
  let hq: TestCollector;
  let place: HostPlace;
  let drive: AppDrive;
  beforeAll(async () => {
    hq = await startTestCollector({ settings: { HQ_WATCH_INTERVAL_MS: '200' } });
    place = await HostPlace.start(hq.url, hq.admin);
    drive = await AppDrive.begin(place, hq.url, hq.admin);
  });
  afterEach(() => drive?.endStep());
  afterAll(async () => {
    await drive?.end();
    await place?.close();
    await hq?.stop();
  });

  test.each(steps.map((step) => [step.name, step] as const))('%s', (_, step) => step.run(drive));
});
