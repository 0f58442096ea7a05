import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { StoreAgent } from '@hq-sync/store-agent/agent';
import { eventually } from '@hq-sync/testkit/eventually';
import { Chain } from '@hq-sync/testkit/pager/chain';
import { Monitoring, monitoringMissing } from '@hq-sync/testkit/pager/monitoring';
import { exporterMissing, startPostgresExporter } from '@hq-sync/testkit/pager/postgres-exporter';
import type { Program } from '@hq-sync/testkit/pager/program';
import { parse, stringify } from 'yaml';
import { divided, production } from '../src/thresholds.js';
import { causedOnWatch } from './causes.js';
import { OnCall } from './on-call.js';

/** An hour is a minute. */
const short = divided(production, 60);
const thresholds = {
  durations: {
    ...short.durations,
    // The exporter tries for a second to reach a PostgreSQL that is away.
    scrape: 2,
    scrapeTimeout: 2,
    // Failures come with each notification, and those come every 5 s.
    monitoringWithin: 15,
    // After a reload Prometheus knows no Alertmanager for up to 5 s: longer than that and the time above.
    monitoringFor: 25,
    // A collector that is started again is away for some seconds of a busy machine.
    collectorDownFor: 60,
    replicaDownFor: 60,
    storeMetricsDownFor: 60,
  },
  limits: { ...short.limits, storeMetricsChanges: 12 },
};
const deadlineMs = 120_000;

const missing = monitoringMissing() ?? exporterMissing();
if (missing) console.warn(`skipped: ${missing}`); // eslint-disable-line no-console -- a skip must be loud
const testHere = missing ? test.skip : test;

let chain: Chain;
let monitoring: Monitoring;
let onCall: OnCall;
let exporter: Program;
let clone: StoreAgent | undefined;

beforeAll(async () => {
  if (missing) return;
  chain = await Chain.open({
    saleEveryMs: 2_000,
    settings: {
      HQ_HEARTBEAT_INTERVAL_MS: '1000',
      // Longer than a test takes: a store that does not come back stays unknown.
      HQ_RESTART_GRACE_MS: '240000',
      HQ_SILENCE_LIMIT_MS: '30000',
      HQ_PUSH_SILENCE_LIMIT_MS: '30000',
    },
  });
  for (const storeId of ['north-1', 'north-2']) await chain.addStore(storeId, { region: 'north' });
  const folder = path.join(chain.folder, 'monitoring');
  await mkdir(folder);
  exporter = await startPostgresExporter(chain.databaseUrl);
  const targets = { ...chain.targets, 'hq-postgres': [exporter.address] };
  monitoring = await Monitoring.start(folder, thresholds, targets, { alertmanagers: 2 });
  onCall = new OnCall(monitoring);
  await eventually(
    'both stores are synced',
    () => monitoring.query('fleet:hq_synced:count', 'level'),
    (count) => count.get('') === 2,
    60_000,
  );
}, 180_000);

afterAll(async () => {
  await clone?.stop();
  await monitoring?.stop();
  await exporter?.stop();
  await chain?.close();
});

const pages = (
  name: string,
  alerts: readonly string[],
  incident: () => Promise<void> | void,
  mended: () => Promise<void> | void,
): void => testHere(name, () => onCall.expects(alerts, incident, mended, deadlineMs), 2 * deadlineMs);

pages(
  'a rule that fails',
  ['HqPrometheusRuleFailures'],
  () => monitoring.setRules('mine.yml', { groups: [{ name: 'mine', rules: [manyToMany] }] }),
  () => monitoring.setRules('mine.yml', { groups: [] }),
);

pages(
  'a receiver with a wrong address',
  ['HqAlertmanagerNotificationsFailing'],
  () => monitoring.reconfigure('alertmanager', (text) => withHooks(text, (hooks) => [...hooks, wrongHook()])),
  () => monitoring.reconfigure('alertmanager', (text) => withHooks(text, (hooks) => hooks.slice(0, 1))),
);

pages(
  'a collector that has lost its way to PostgreSQL, which is there',
  ['HqCollectorStale'],
  () => chain.secondDatabaseLine.cut(),
  () => chain.secondDatabaseLine.restore(),
);

pages(
  'PostgreSQL is away, as its exporter says too',
  ['HqPostgresDown'],
  async () => {
    await chain.stopPostgres();
    await eventually(
      'the exporter says so',
      () => monitoring.query('pg_up', 'job'),
      (up) => up.get('hq-postgres') === 0,
      60_000,
    );
  },
  () => chain.startPostgres(),
);

pages(
  'all collectors were killed, and the stores do not come back to them',
  ['HqStoresUnknown'],
  () => {
    for (const { process } of chain.collectors) process.kill();
    chain.cut('north-1', 'north-2');
  },
  () => chain.restore('north-1', 'north-2'),
);

pages(
  "a clone with a store's token",
  ['HqStoreDuplicateServer north-2'],
  async () => {
    clone = await StoreAgent.start({
      hqUrl: chain.url,
      token: chain.store('north-2').token,
      dataDir: path.join(chain.folder, 'stores', 'clone'),
      intake: null,
    });
  },
  // HQ would speak of the clone for 10 minutes more.
  async () => {
    await chain.admin.call('POST', '/stores/north-2/archive', { force: true });
  },
);

pages(
  'one Alertmanager of two is gone',
  ['HqPrometheusTargetMissing', 'HqPrometheusNotificationsFailing', 'HqAlertmanagerClusterIncomplete'],
  () => monitoring.alertmanagers[1]!.kill(),
  () => monitoring.alertmanagers[1]!.startAgain(),
);

testHere('every alert of this watch was seen to fire and to be over', () => {
  expect([...onCall.seen]).toEqual(expect.arrayContaining([...causedOnWatch]));
  expect(monitoring.webhook.firing()).toEqual(['HqWatchdog']);
});

const manyToMany = { record: 'mine:up', expr: 'up * on () up' };

interface Hook {
  readonly url: string;
}

const wrongHook = (): Hook => ({ url: monitoring.wrongHook });

/** Of the receiver that always has something to send. */
function withHooks(alertmanagerYaml: string, change: (hooks: readonly Hook[]) => readonly Hook[]): string {
  const config = parse(alertmanagerYaml) as {
    receivers: { name: string; webhook_configs: readonly Hook[] }[];
  };
  const watchdog = config.receivers.find(({ name }) => name === 'hq-watchdog')!;
  watchdog.webhook_configs = change(watchdog.webhook_configs);
  return stringify(config);
}
