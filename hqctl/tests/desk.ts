import { afterAll, afterEach, beforeAll, beforeEach } from '@jest/globals';
import { startTestCollector, type TestCollector } from '@hq-sync/testkit/test-collector';
import { Home } from './started.js';

/** Where a person works with hqctl: HQ for all tests of a file, and for each test a home that knows it. */
export interface Desk {
  readonly hq: TestCollector;
  readonly home: Home;
  /** Called after the test, the newest first. */
  readonly endings: (() => unknown)[];
}

/** A desk for the tests of the file that calls this. */
export function useDesk(): Desk {
  let hq: TestCollector;
  let home: Home;
  const endings: (() => unknown)[] = [];
  beforeAll(async () => {
    hq = await startTestCollector({ settings: { HQ_WATCH_INTERVAL_MS: '200' } });
  });
  afterAll(() => hq.stop());
  beforeEach(() => {
    home = new Home();
    home.knows(hq.url, hq.admin.token);
  });
  afterEach(async () => {
    for (const end of endings.splice(0).reverse()) await end();
    home.remove();
  });
  return {
    get hq() {
      return hq;
    },
    get home() {
      return home;
    },
    endings,
  };
}
