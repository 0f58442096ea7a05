import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../eventually.js';
import { KeptAlive } from '../kept-alive.js';
import type { Measured } from '../red-green/measured.js';
import type { Group, Stage } from '../red-green/stage.js';
import type { ViewRow } from '../red-green/view-recorder.js';
import { collectorUsage, type CollectorUsage } from './collector-usage.js';
import type { CrowdConfig, CrowdLoss, CrowdOrder } from './crowd-host-main.js';
import { PanelReader } from './panel-reader.js';

const crowdHostProgram = new URL('./crowd-host-main.js', import.meta.url);
const crowdHosts = 4;
const cuts = 100;
const leaves = 50;
const leanKills = 10;
const socketsPerLeanKill = 10;
const agentKills = 10;
const agentsPerKill = 4;
const creatingAtOnce = 32;
const connectDeadlineMs = 300_000;
/** Causes come at any moment of the collector's flush interval. */
const leastPauseMs = 100;
const mostPauseMs = 300;
const settleMs = 30_000;
const usageSeconds = 60;
const redBoundMs = 500;
const patienceMs = 10_000;

export interface CrowdReport {
  readonly measured: readonly Measured[];
  readonly connectedSeconds: number;
  readonly usage: CollectorUsage;
  /** Milliseconds that the whole view took, each 5 s. */
  readonly viewMs: readonly number[];
  /** The least number of the crowd that any reading of the whole view showed connected. */
  readonly leastConnected: number;
  readonly losses: readonly CrowdLoss[];
}

interface CrowdHost {
  readonly storeIds: readonly string[];
  readonly process: KeptAlive;
}

const red = (reason: string) => (row: ViewRow) => row.status === 'disconnected' && row.reason === reason;

/** Connects `size` lean stores that stay, and beside them stores that are cut, leave and are killed, one cause at a time. */
export async function redWithACrowd(
  stage: Stage,
  size: number,
  say: (line: string) => void,
): Promise<CrowdReport> {
  const losses: CrowdLoss[] = [];
  const hosts = new CrowdHosts(stage, losses);
  stage.view.narrow([]);
  try {
    const startedMs = performance.now();
    const perHost = Math.ceil(size / crowdHosts);
    const crowdTokens = await createStores(stage, 'crowd', size);
    const closing = await createStores(stage, 'closing', cuts + leaves);
    const killed = await createStores(stage, 'killed', leanKills * socketsPerLeanKill);
    say(`${size} stores are created, ${secondsSince(startedMs)} s`);

    const connectMs = performance.now();
    for (let first = 0; first < size; first += perHost)
      await hosts.start(crowdTokens.slice(first, first + perHost));
    await allConnected(stage, size);
    const connectedSeconds = secondsSince(connectMs);
    say(`all are connected, ${connectedSeconds} s`);

    await sleep(settleMs);
    const { host, port } = stage.collectors[0]!.target()!;
    const usage = await collectorUsage(`http://${host}:${port}`, usageSeconds);
    say(`the collector: ${usage.residentMiB.toFixed(0)} MiB, ${usage.cpuPercent.toFixed(0)} % of a core`);

    const closingHost = await hosts.start(closing);
    const leanVictims: CrowdHost[] = [];
    for (let first = 0; first < killed.length; first += socketsPerLeanKill)
      leanVictims.push(await hosts.start(killed.slice(first, first + socketsPerLeanKill)));
    const agentVictims: Group[] = [];
    for (let index = 0; index < agentKills; index += 1)
      agentVictims.push(await stage.addGroup(agentsPerKill));
    const agentIds = agentVictims.flatMap((group) => group.storeIds);
    await allConnected(stage, size + closing.length + killed.length + agentIds.length);
    await sleep(settleMs);
    say('those that will go are connected too');

    const panel = new PanelReader(stage.databaseUrl, 'crowd-');
    stage.view.narrow([...closing, ...killed].map(({ storeId }) => storeId).concat(agentIds));
    const cause = async (storeIds: readonly string[], reason: string, act: () => void) => {
      await sleep(leastPauseMs + Math.random() * (mostPauseMs - leastPauseMs));
      const sinceMs = performance.now();
      act();
      return stage.view.until(storeIds, red(reason), { sinceMs, deadlineMs: patienceMs });
    };
    const order = (storeId: string, what: CrowdOrder['order']) =>
      closingHost.process.send({ storeId, order: what } satisfies CrowdOrder);

    const cutMs: number[] = [];
    const leftMs: number[] = [];
    for (const { storeId } of closing.slice(0, cuts))
      cutMs.push(...(await cause([storeId], 'socket closed', () => order(storeId, 'cut'))));
    for (const { storeId } of closing.slice(cuts))
      leftMs.push(...(await cause([storeId], 'agent stopped', () => order(storeId, 'leave'))));
    say('sockets closed: measured');

    const leanMs: number[] = [];
    const agentMs: number[] = [];
    for (const { storeIds, process } of leanVictims)
      leanMs.push(...(await cause(storeIds, 'socket closed', () => process.down())));
    for (const { storeIds, process } of agentVictims)
      agentMs.push(...(await cause(storeIds, 'socket closed', () => process.down())));
    say('processes killed: measured');
    await panel.stop();

    const [quarter] = hosts.running as [CrowdHost];
    stage.view.narrow(quarter.storeIds);
    const quarterMs = await cause(quarter.storeIds, 'socket closed', () => quarter.process.down());

    return {
      measured: [
        { what: 'red: socket closed', boundMs: redBoundMs, tookMs: cutMs },
        { what: 'red: good-bye said, socket closed', boundMs: redBoundMs, tookMs: leftMs },
        {
          what: `red: a process of ${socketsPerLeanKill} lean stores killed, ${leanKills} times`,
          boundMs: redBoundMs,
          tookMs: leanMs,
        },
        {
          what: `red: a process of ${agentsPerKill} real agents killed, ${agentKills} times`,
          boundMs: redBoundMs,
          tookMs: agentMs,
        },
        {
          what: 'a quarter of the crowd killed at once (no bound)',
          boundMs: Infinity,
          tookMs: quarterMs,
        },
      ],
      connectedSeconds,
      usage,
      viewMs: panel.readings.map(({ tookMs }) => tookMs),
      leastConnected: Math.min(...panel.readings.map((reading) => reading.connected)),
      losses: [...losses],
    };
  } finally {
    await hosts.stop();
  }
}

/** Processes that hold lean stores. */
class CrowdHosts {
  readonly running: CrowdHost[] = [];

  constructor(
    private readonly stage: Stage,
    private readonly losses: CrowdLoss[],
  ) {}

  async start(stores: CrowdConfig['stores']): Promise<CrowdHost> {
    const { host, port } = this.stage.collectors[0]!.target()!;
    const file = path.join(this.stage.folder, `crowd-${this.running.length}.json`);
    const config: CrowdConfig = { hqUrl: `http://${host}:${port}`, stores };
    await writeFile(file, JSON.stringify(config), { mode: 0o600 });
    const process = new KeptAlive(crowdHostProgram, [file], {
      onMessage: (message) => this.losses.push(message as CrowdLoss),
    });
    const started = { storeIds: stores.map(({ storeId }) => storeId), process };
    this.running.push(started);
    return started;
  }

  async stop(): Promise<void> {
    await Promise.all(this.running.map(({ process }) => process.stop()));
  }
}

async function createStores(
  stage: Stage,
  name: string,
  count: number,
): Promise<{ storeId: string; token: string }[]> {
  const admin = await stage.admin();
  const numbers = Array.from({ length: count }, (_, index) => index + 1);
  const created: { storeId: string; token: string }[] = [];
  const createSome = async () => {
    for (let number = numbers.shift(); number !== undefined; number = numbers.shift()) {
      const storeId = `${name}-${number}`;
      await admin.createStore({ storeId });
      created.push({ storeId, token: (await admin.generateToken(storeId)).token });
    }
  };
  await Promise.all(Array.from({ length: creatingAtOnce }, createSome));
  return created;
}

async function allConnected(stage: Stage, count: number): Promise<void> {
  await eventually(
    `${count} stores connect`,
    async () => {
      await sleep(250);
      const { rows } = await stage.pool.query<{ n: number }>(
        `select count(*)::int as n from hq_view.store_status where status = 'connected'`,
      );
      return rows[0]!.n;
    },
    (n) => n === count,
    connectDeadlineMs,
  );
}

function secondsSince(startedMs: number): number {
  return Math.round((performance.now() - startedMs) / 1_000);
}
