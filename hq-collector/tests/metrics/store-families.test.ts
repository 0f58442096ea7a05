import { describe, expect, test } from '@jest/globals';
import { errorKinds } from '@hq-sync/protocol/error-code';
import { disconnectReasons } from '../../src/fleet/disconnect-reason.js';
import { FleetExposition } from '../../src/metrics/fleet-exposition.js';
import type { FleetReading } from '../../src/metrics/fleet-reading.js';
import type { StoreSample } from '../../src/metrics/store-sample.js';
import { fleetOf, makeSample, makeSampleWithoutServer } from './fleet-fixture.js';

async function textOf(...samples: StoreSample[]): Promise<string> {
  return textOfReading(fleetOf(...samples));
}

async function textOfReading(reading: FleetReading): Promise<string> {
  const exposition = new FleetExposition();
  await exposition.update(reading);
  return Buffer.concat(exposition.snapshot()).toString();
}

/** The samples of a text without the comments. */
async function seriesOf(...samples: StoreSample[]): Promise<string[]> {
  return (await textOf(...samples)).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
}

test('a store that is well, as text', async () => {
  const series = await seriesOf(makeSample());
  expect(series.filter((line) => !/_errors_|_disconnects_/.test(line)).join('\n')).toBe(
    `
hq_stores{status="connected"} 1
hq_stores{status="disconnected"} 0
hq_stores{status="unknown"} 0
hq_stores{status="never_connected"} 0
hq_stores{status="no_server"} 0
hq_resync_jobs{state="queued"} 0
hq_resync_jobs{state="running"} 0
hq_resync_jobs{state="done"} 0
hq_resync_jobs{state="cancelled"} 0
hq_resync_jobs{state="failed"} 0
hq_store_info{store_id="store-1",name="Main Street",region="north",timezone="America/Mexico_City",agent_version="1.2.3",schema_version="12"} 1
hq_store_connected{store_id="store-1"} 1
hq_store_expected_online{store_id="store-1"} 1
hq_store_duplicate_server{store_id="store-1"} 0
hq_store_token_expiry_timestamp_seconds{store_id="store-1"} 1826000000.5
hq_store_last_heartbeat_timestamp_seconds{store_id="store-1"} 1795000000.123
hq_store_last_sale_timestamp_seconds{store_id="store-1"} 1794999990
hq_store_connects_total{store_id="store-1"} 3
hq_store_last_sync_timestamp_seconds{store_id="store-1"} 1794999995.5
hq_store_entity_last_success_timestamp_seconds{store_id="store-1",entity="products",direction="pull"} 0
hq_store_entity_last_success_timestamp_seconds{store_id="store-1",entity="sales",direction="push"} 1794999995.5
hq_store_entity_records_total{store_id="store-1",entity="products",direction="pull"} 0
hq_store_entity_records_total{store_id="store-1",entity="sales",direction="push"} 1234
hq_store_pending_records{store_id="store-1",direction="push"} 4
hq_store_pending_records{store_id="store-1",direction="pull"} 9
hq_store_oldest_pending_timestamp_seconds{store_id="store-1",direction="push"} 1794999999
hq_store_oldest_pending_timestamp_seconds{store_id="store-1",direction="pull"} 1794999000
hq_store_open_registers{store_id="store-1"} 2
hq_store_clock_skew_seconds{store_id="store-1"} -0.25
hq_store_schema_compatible{store_id="store-1"} 1`.trim(),
  );
});

test('each family is contiguous, with its HELP and TYPE once and first', async () => {
  const text = await textOf(makeSample(), makeSample({ storeId: 'store-2' }));
  const order = text
    .trimEnd()
    .split('\n')
    .map((line) => /^(?:# (?:HELP|TYPE) )?([a-z_]+)/.exec(line)![1]!);
  const runs = order.filter((name, i) => name !== order[i - 1]);
  expect(runs).toEqual([...new Set(runs)]);
  for (const name of runs) {
    expect(text.match(new RegExp(`^# HELP ${name} .+\n# TYPE ${name} (gauge|counter)\n`, 'gm'))).toHaveLength(
      1,
    );
  }
  expect(text.endsWith('\n')).toBe(true);
});

describe('what is unknown is not 0', () => {
  test.each(['unknown', 'no_server'] as const)('no hq_store_connected while %s', async (status) => {
    expect(await textOf(makeSample({ status }))).not.toContain('hq_store_connected{');
  });

  test.each([
    ['connected', 1],
    ['disconnected', 0],
    ['never_connected', 0],
  ] as const)('hq_store_connected while %s is %d', async (status, value) => {
    expect(await seriesOf(makeSample({ status }))).toContain(
      `hq_store_connected{store_id="store-1"} ${value}`,
    );
  });

  test('a store without a store server has hq_store_info alone and is counted as such', async () => {
    const series = await seriesOf(makeSampleWithoutServer({ region: null }));
    expect(series.filter((line) => !line.startsWith('hq_resync_jobs'))).toEqual([
      'hq_stores{status="connected"} 0',
      'hq_stores{status="disconnected"} 0',
      'hq_stores{status="unknown"} 0',
      'hq_stores{status="never_connected"} 0',
      'hq_stores{status="no_server"} 1',
      'hq_store_info{store_id="store-1",name="Main Street",region="",timezone="America/Mexico_City",agent_version="",schema_version=""} 1',
    ]);
  });

  test('no expiry where the token does not expire, or none works', async () => {
    expect(await textOf(makeSample({ tokenExpiresAt: null }))).not.toContain(
      'hq_store_token_expiry_timestamp_seconds{',
    );
  });

  test('a store that never connected has no skew, tills or schema, and 0 for the times that never were', async () => {
    const text = await textOf(makeSampleWithoutServer({ hasServer: true, status: 'never_connected' }));
    expect(text).not.toMatch(/hq_store_(open_registers|clock_skew_seconds|schema_compatible)\{/);
    for (const what of ['heartbeat', 'sync', 'sale']) {
      expect(text).toContain(`hq_store_last_${what}_timestamp_seconds{store_id="store-1"} 0\n`);
    }
  });
});

describe('known series are there before their first event', () => {
  test('every state of a resync job', async () => {
    const resyncJobs = new Map([
      ['running', 2],
      ['asleep', 1],
    ]);
    const text = await textOfReading({ stores: new Map(), resyncJobs });
    const of = (state: string, jobs: number) => `hq_resync_jobs{state="${state}"} ${jobs}\n`;
    expect(text).toContain(
      of('queued', 0) +
        of('running', 2) +
        of('done', 0) +
        of('cancelled', 0) +
        of('failed', 0) +
        of('asleep', 1),
    );
  });

  test('every kind of error, every reason of a disconnect', async () => {
    const series = await seriesOf(makeSampleWithoutServer({ hasServer: true, status: 'disconnected' }));
    for (const kind of errorKinds) {
      expect(series).toContain(`hq_store_sync_errors_total{store_id="store-1",kind="${kind}"} 0`);
      expect(series).toContain(`hq_store_sync_errors_open{store_id="store-1",kind="${kind}"} 0`);
    }
    for (const reason of disconnectReasons) {
      expect(series).toContain(`hq_store_disconnects_total{store_id="store-1",reason="${reason}"} 0`);
    }
  });

  test('a kind or reason that this version does not know is exported too', async () => {
    const series = await seriesOf(
      makeSample({ errorsTotal: new Map([['of_tomorrow', 5]]), disconnectsTotal: new Map([['eclipse', 1]]) }),
    );
    expect(series).toContain('hq_store_sync_errors_total{store_id="store-1",kind="of_tomorrow"} 5');
    expect(series).toContain('hq_store_sync_errors_total{store_id="store-1",kind="overloaded"} 0');
    expect(series).toContain('hq_store_disconnects_total{store_id="store-1",reason="eclipse"} 1');
  });
});

test('a name with quotes, backslashes, line breaks and other scripts is escaped', async () => {
  const name = 'The "Old" C:\\new\nSão Paulo 東京 🏪';
  expect(await textOf(makeSample({ name }))).toContain(
    String.raw`name="The \"Old\" C:\\new\nSão Paulo 東京 🏪",`,
  );
});
