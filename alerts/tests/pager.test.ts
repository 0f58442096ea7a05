import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { eventually } from '@hq-sync/testkit/eventually';
import { Chain } from '@hq-sync/testkit/pager/chain';
import { Monitoring, monitoringMissing } from '@hq-sync/testkit/pager/monitoring';
import { push } from '@hq-sync/testkit/wire-store';
import { StoreAgent } from '@hq-sync/store-agent/agent';
import { currentSchemaVersion } from '@hq-sync/protocol/version';
import { allAlerts } from '../src/rule-files.js';
import { divided, production } from '../src/thresholds.js';
import { byPromtoolAlone, causedOnWatch } from './causes.js';
import { OnCall } from './on-call.js';

/** An hour is a minute. */
const factor = 60;
const short = divided(production, factor);
const thresholds = {
  durations: {
    ...short.durations,
    // The two longest waits of the test, shortened more than the others.
    neverSyncedFor: 20,
    schemaMismatchFor: 20,
    // HQ makes no token for less than a day: these are as they are.
    tokenExpiringWithin: production.durations.tokenExpiringWithin,
    tokenExpiresSoonWithin: production.durations.tokenExpiresSoonWithin,
    tokenBatchWithin: production.durations.tokenBatchWithin,
    // A hundred tokens are made within it.
    groupWait: 4,
    // Once PostgreSQL is back, a store waits for up to 30 s before it tries again, and is not synced until it has.
    fastBurnFor: 35,
    // After a reload Prometheus knows no Alertmanager for up to 5 s, and that time does not shrink.
    monitoringFor: 12,
  },
  // A scrape a second is late now and then on a busy machine, a scrape every 15 seconds is not.
  limits: { ...short.limits, storeMetricsChanges: 12 },
};
const deadlineMs = 90_000;
const minuteMs = 60_000 / factor;

const region = (name: string, count: number) => Array.from({ length: count }, (_, n) => `${name}-${n + 1}`);
const north = region('north', 8);
const south = region('south', 8);
const west = region('west', 4);

const missing = monitoringMissing();
if (missing) console.warn(`skipped: ${missing}`); // eslint-disable-line no-console -- a skip must be loud
const testHere = missing ? test.skip : test;

let chain: Chain;
let monitoring: Monitoring;
let onCall: OnCall;
/** Its clock is 10 minutes ahead. */
let ahead: StoreAgent;

beforeAll(async () => {
  if (missing) return;
  chain = await Chain.open({
    saleEveryMs: 5_000,
    settings: {
      HQ_HEARTBEAT_INTERVAL_MS: '1000',
      HQ_RESTART_GRACE_MS: '5000',
      HQ_SHUTDOWN_SPREAD_MS: '0',
      // All agents are in this process: while the machine gives it no time, all of them are silent at once.
      HQ_SILENCE_LIMIT_MS: '30000',
      HQ_PUSH_SILENCE_LIMIT_MS: '30000',
    },
  });
  for (const [name, ids] of Object.entries({ north, south, west }))
    for (const storeId of ids) await chain.addStore(storeId, { region: name });
  await chain.addStore('closed-1', { openingHours: {} });
  await chain.addStore('idle-1');
  const folder = path.join(chain.folder, 'monitoring');
  await mkdir(folder);
  monitoring = await Monitoring.start(folder, thresholds, chain.targets);
  onCall = new OnCall(monitoring);
  await eventually(
    'every open store is synced',
    () => monitoring.query('fleet:hq_synced:count', 'level'),
    (count) => count.get('') === 21,
    60_000,
  );
}, 180_000);

afterAll(async () => {
  await ahead?.stop();
  await monitoring?.stop();
  await chain?.close();
});

testHere(
  'trouble of single stores pages for each of them, and a closed store that is cut for nobody',
  async () => {
    await onCall.expects(
      [
        'HqStoreDisconnected north-1',
        'HqStoreDisconnectedLong north-1',
        'HqStoreFlapping north-2',
        'HqStoreTokenRejected north-3',
        'HqStoreSchemaMismatch north-4',
        'HqStoreBacklogGrowing north-4',
        'HqRecordQuarantined north-5',
        'HqStoreSyncFailing north-6',
        'HqStoreSyncStale idle-1',
        'HqStoreClockSkewed ahead-1',
        'HqStoreNeverSynced never-1',
        'HqSloFastBurn',
      ],
      async () => {
        chain.cut('closed-1', 'north-1');
        crashAgainAndAgain('north-2');
        await chain.revokeToken('north-3');
        chain.idle.add('idle-1').add('north-4');
        await chain.store('idle-1').server.restart({ pullEntities: [] });
        await chain.store('north-4').server.restart({ schemaVersion: currentSchemaVersion - 1 });
        sellTooMuch('north-4');
        await chain.store('north-5').server.restart({ validate: false });
        chain.sale('north-5', { status: 'lost' });
        await pushGarbage('north-6');
        await chain.createStore('never-1');
        await addStoreAhead();
      },
      async () => {
        clearTimers();
        chain.restore('north-1');
        await chain.newToken('north-3');
        chain.idle.clear();
        await chain.store('idle-1').server.restart({ pullEntities: ['products'] });
        await chain.store('north-4').server.restart({ schemaVersion: currentSchemaVersion });
        await chain.discardQuarantined('north-5');
        await pushGood('north-6');
        for (const storeId of ['never-1', 'ahead-1'])
          await chain.admin.call('POST', `/stores/${storeId}/archive`, { force: true });
      },
      deadlineMs,
    );
  },
  2 * deadlineMs,
);

testHere(
  'tokens are told of before they end, and a hundred of one day on one page',
  async () => {
    // Closed: nobody waits for their store servers.
    const ofOneDay = [...region('new-north', 50), ...region('new-south', 50)];
    for (const storeId of ofOneDay)
      await chain.admin.createStore({ storeId, region: storeId.slice(4, 9), openingHours: {} });
    const generate = (options: { expiresInDays?: number }) =>
      Promise.all(ofOneDay.map((storeId) => chain.admin.generateToken(storeId, options)));
    await onCall.expects(
      [
        'HqStoreTokenExpiring north-7',
        ...['north-8', ...ofOneDay].map((storeId) => `HqStoreTokenExpiresSoon ${storeId}`),
      ],
      async () => {
        await useNewToken('north-7', { expiresInDays: 10 });
        await useNewToken('north-8', { expiresInDays: 1 });
        await generate({ expiresInDays: 1 });
      },
      async () => {
        const { status } = await chain.admin.call('POST', '/stores/north-7/tokens/rotate', {
          expiresInDays: 365,
        });
        expect(status).toBe(201);
        await useNewToken('north-8', {});
        await generate({ expiresInDays: 365 });
      },
      deadlineMs,
    );
    const { pages } = monitoring.webhook;
    const told = pages.filter(({ name }) => name.startsWith('HqStoreTokenExpiresSoon'));
    expect(told).toHaveLength(101);
    expect(new Set(told.map(({ firedMs }) => firedMs)).size).toBe(1);
  },
  2 * deadlineMs,
);

testHere(
  'a region without its provider is one page; beside it a replica, a target and a configuration page',
  async () => {
    await onCall.expects(
      [
        'HqRegionOutage west',
        'HqCollectorReplicaDown',
        'HqPrometheusTargetMissing',
        'HqPrometheusConfigReloadFailed',
        'HqAlertmanagerConfigReloadFailed',
      ],
      async () => {
        chain.cut('west-1', 'west-2', 'west-3');
        chain.collectors[1]!.process.down();
        await monitoring.setTargets('hq-postgres', ['127.0.0.1:1']);
        await monitoring.reconfigure('prometheus', (text) => `${text}\nbroken: true\n`);
        await monitoring.reconfigure('alertmanager', (text) => `${text}\nbroken: true\n`);
      },
      async () => {
        chain.restore('west-1', 'west-2', 'west-3');
        chain.collectors[1]!.process.up();
        await monitoring.setTargets('hq-postgres', []);
        for (const program of ['prometheus', 'alertmanager'] as const)
          await monitoring.reconfigure(program, (text) => text.replace('\nbroken: true\n', ''));
      },
      deadlineMs,
    );
  },
  2 * deadlineMs,
);

testHere(
  '30 % of the stores cut together are one page, a store that is cut alone meanwhile its own',
  async () => {
    const together = [...north.slice(0, 4), ...south.slice(0, 3)];
    await onCall.expects(
      ['HqMassOutage', 'HqStoreDisconnected south-8', 'HqStoreDisconnectedLong south-8'],
      async () => {
        chain.cut(...together);
        // Longer than a store counts as just dropped.
        const startedMs = performance.now();
        const alone = production.durations.droppedWithin / 60 + 2;
        await eventually(
          'the outage is old',
          () => performance.now() - startedMs,
          (ms) => ms > alone * minuteMs,
        );
        chain.cut('south-8');
      },
      () => chain.restore(...together, 'south-8'),
      deadlineMs,
    );
  },
  2 * deadlineMs,
);

testHere(
  'many stores that fail to sync, or wait for an update, are one page each',
  async () => {
    const failing = north.slice(0, 6);
    const outdated = south.slice(0, 6);
    await onCall.expects(
      ['HqMassSyncFailing', 'HqMassSchemaMismatch'],
      async () => {
        await Promise.all(failing.map(pushGarbage));
        await Promise.all(
          outdated.map((storeId) => {
            chain.idle.add(storeId);
            return chain.store(storeId).server.restart({ schemaVersion: currentSchemaVersion - 1 });
          }),
        );
      },
      async () => {
        chain.idle.clear();
        await Promise.all(failing.map(pushGood));
        for (const storeId of outdated)
          await chain.store(storeId).server.restart({ schemaVersion: currentSchemaVersion });
      },
      deadlineMs,
    );
  },
  2 * deadlineMs,
);

testHere(
  "HQ's own failures are one page each",
  async () => {
    await onCall.expects(
      ['HqStoreMetricsDown'],
      () => chain.balancer.cut(),
      () => chain.balancer.restore(),
      deadlineMs,
    );
    await onCall.expects(
      ['HqPostgresDown'],
      () => chain.stopPostgres(),
      () => chain.startPostgres(),
      deadlineMs,
    );
    await onCall.expects(
      ['HqCollectorDown'],
      () => chain.collectors.forEach(({ process }) => process.down()),
      () => chain.collectors.forEach(({ process }) => process.up()),
      deadlineMs,
    );
  },
  6 * deadlineMs,
);

testHere('every alert was seen to fire and to be over, here or beside two stores', () => {
  const names = allAlerts(production).map(({ alert }) => alert);
  const others = [...causedOnWatch, ...Object.keys(byPromtoolAlone), 'HqWatchdog'];
  expect([...onCall.seen, ...others].toSorted()).toEqual(names.toSorted());
  expect(monitoring.webhook.firing()).toEqual(['HqWatchdog']);
  expect(monitoring.webhook.pages.filter(({ name }) => name.includes('closed-1'))).toEqual([]);
});

const timers: NodeJS.Timeout[] = [];
const clearTimers = () => timers.splice(0).forEach(clearInterval);

/** The store server ends and is started again, as an init system would. */
function crashAgainAndAgain(storeId: string): void {
  const { server } = chain.store(storeId);
  let crashes = production.limits.flappingConnects + 2;
  const timer = setInterval(() => {
    if (server.up) void server.restart({});
    if ((crashes -= 1) === 0) clearInterval(timer);
  }, 1_500);
  timers.push(timer);
}

/** A store that is connected keeps its connection, and with it the token before, until that one ends. */
async function useNewToken(storeId: string, options: { expiresInDays?: number }): Promise<void> {
  await chain.newToken(storeId, options);
  await chain.store(storeId).server.restart({});
}

/** More than its line, or here its schema version, lets through. */
function sellTooMuch(storeId: string): void {
  for (let sale = 0; sale < production.limits.backlogRecords + 100; sale += 1) chain.sale(storeId);
  timers.push(setInterval(() => chain.sale(storeId), 200));
}

/** A client that is broken, in an entity that its agent does not push. */
async function pushGarbage(storeId: string): Promise<void> {
  const headers = { 'hq-batch-id': 'garbage' };
  const { status } = await push(chain.url, chain.store(storeId).token, [], {
    entity: 'inventory_adjustments',
    headers,
  });
  expect(status).toBe(400);
}

async function pushGood(storeId: string): Promise<void> {
  const data = { productId: '1', quantityDelta: 1, reason: 'found', adjustedAt: new Date().toISOString() };
  const record = { id: randomUUID(), revision: 1, data };
  const { status } = await push(chain.url, chain.store(storeId).token, [record], {
    entity: 'inventory_adjustments',
  });
  expect(status).toBe(200);
}

async function addStoreAhead(): Promise<void> {
  const { token } = await chain.createStore('ahead-1');
  ahead = await StoreAgent.start({
    hqUrl: chain.url,
    token,
    dataDir: path.join(chain.folder, 'stores', 'ahead-1'),
    intake: null,
    pullIntervalMs: 2_000,
    clock: () => new Date(Date.now() + 600_000),
  });
}
