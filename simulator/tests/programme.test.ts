import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { eventually } from '@hq-sync/testkit/eventually';
import { startTestCollector, type TestCollector } from '@hq-sync/testkit/test-collector';
import { pino } from 'pino';
import { demoChain } from '../src/demo-chain.js';
import { demoProgramme, programmeOf } from '../src/programme.js';
import { startSimulator, type Simulator, type SimulatorOptions } from '../src/simulator.js';

// At this pace the whole programme takes 35 s on a free machine.
const pace = 20;
jest.setTimeout(240_000);
const deadlineMs = 200_000;

describe('the simulator', () => {
  let hq: TestCollector;
  let folder: string;
  let simulator: Simulator | undefined;
  let said: string[];
  let warned: string[];

  beforeEach(async () => {
    hq = await startTestCollector({
      settings: { HQ_WATCH_INTERVAL_MS: '200', HQ_HEARTBEAT_INTERVAL_MS: '500', HQ_MAX_BATCH_RECORDS: '200' },
    });
    folder = await mkdtemp(join(tmpdir(), 'programme-'));
    said = [];
    warned = [];
  });

  afterEach(async () => {
    await simulator?.stop();
    simulator = undefined;
    await hq.stop();
    await rm(folder, { recursive: true, force: true });
  });

  async function start(options: Pick<SimulatorOptions, 'stores' | 'programme'>): Promise<void> {
    const adminTokenFile = join(folder, 'admin-token');
    await writeFile(adminTokenFile, hq.admin.token);
    simulator = await startSimulator({
      hqUrl: hq.url,
      adminTokenFile,
      dataDir: join(folder, 'stores'),
      speed: 20,
      seed: 'test',
      pace,
      log: pino({ level: 'warn' }, { write: (line: string) => void warned.push(line) }),
      signal: new AbortController().signal,
      onIncident: (where, text) => void said.push(`${where}: ${text}`),
      ...options,
    });
  }

  const indexOf = (pattern: RegExp, from = 0): number =>
    said.findIndex((line, index) => index >= from && pattern.test(line));
  const unfinished = () => warned.filter((line) => line.includes('could not be played out'));

  it('plays the acts one after the other and begins again; stopped at any moment, it goes on with all stores', async () => {
    await start({ stores: 12, programme: demoProgramme });
    const secondRound = () => indexOf(/the line is cut/, indexOf(/the clone is switched off/) + 1);
    await eventually(
      'the second round',
      () => said,
      () => indexOf(/the clone is switched off/) >= 0 && secondRound() > 0,
      deadlineMs,
    );
    const ends = [
      /^Madrid: the store server is replaced/,
      /^Seattle: the line becomes slow/,
      /^Seattle: the line is fast again/,
      /^The chain: a provider fails: all 4 stores of US West/,
      /^The chain: the lines of US West are back/,
      /^Phoenix: the store server breaks down/,
      /^Phoenix: a new machine/,
      /^The chain: an update wave to .* begins: [45] stores/,
      /^The chain: ([45]) of \1 stores are back/,
      /^Boston: a clone of the store server runs/,
      /^Boston: the clone is switched off/,
      /^Boise: the line is cut/,
    ].map((pattern, index, all) => indexOf(pattern, index === all.length - 1 ? secondRound() : 0));
    expect(ends).toEqual(ends.toSorted((left, right) => left - right));
    expect(ends[0]).toBeGreaterThan(0);
    expect(unfinished()).toEqual([]);

    await simulator?.stop();
    said.length = 0;
    await start({ stores: 12, programme: [] });
    const awake = demoChain(12).filter(({ hasServer, switchesOff }) => hasServer && !switchesOff);
    await eventually(
      'all that are awake are connected',
      async () =>
        (
          await hq.database.pool.query(
            'select store_id, status from hq_view.stores where store_id = any($1)',
            [awake.map(({ storeId }) => storeId)],
          )
        ).rows,
      (rows) => rows.length === awake.length && rows.every(({ status }) => status === 'connected'),
      deadlineMs,
    );
  });

  it('plays one incident alone, again and again, and says when a chain is too short for it', async () => {
    await start({ stores: 3, programme: [...programmeOf('offline-and-back'), ...programmeOf('slow-line')] });
    expect(said).toEqual(['The chain: too short for slow-line']);
    await eventually(
      'it is played twice',
      () => said.filter((line) => line.startsWith('Boise: the line is cut')).length,
      (times) => times === 2,
      deadlineMs,
    );
    expect(said.every((line) => line.startsWith('Boise') || line.startsWith('The chain'))).toBe(true);
  });
});
