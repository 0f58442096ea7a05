import { setTimeout as sleep } from 'node:timers/promises';
import type { Measured } from '../red-green/measured.js';
import type { Group, Stage } from '../red-green/stage.js';
import type { ViewRow } from '../red-green/view-recorder.js';
import { allConnected } from './all-connected.js';
import { collectorUsage, type CollectorUsage } from './collector-usage.js';
import type { CrowdLoss } from './crowd-host-main.js';
import { CrowdHosts, type CrowdHost } from './crowd-hosts.js';
import { createStores } from './create-stores.js';
import { PanelReader } from './panel-reader.js';

const cuts = 100;
const leaves = 50;
const leanKills = 10;
const socketsPerLeanKill = 10;
const agentKills = 10;
const agentsPerKill = 4;
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

const red = (reason: string) => (row: ViewRow) => row.status === 'disconnected' && row.reason === reason;

/** Connects `size` lean stores that stay, and beside them stores that are cut, leave and are killed, one cause at a time. */
export async function redWithACrowd(
  stage: Stage,
  size: number,
  say: (line: string) => void,
): Promise<CrowdReport> {
  const hosts = new CrowdHosts(stage.folder);
  const { host, port } = stage.collectors[0]!.target()!;
  const hqUrl = `http://${host}:${port}`;
  stage.view.narrow([]);
  try {
    const startedMs = performance.now();
    const crowdTokens = await createStores(stage.pool, 'crowd', size);
    const closing = await createStores(stage.pool, 'closing', cuts + leaves);
    const killed = await createStores(stage.pool, 'killed', leanKills * socketsPerLeanKill);
    say(`${size} stores are created, ${secondsSince(startedMs)} s`);

    const connectMs = performance.now();
    await hosts.spread(hqUrl, crowdTokens);
    await allConnected(stage.pool, size);
    const connectedSeconds = secondsSince(connectMs);
    say(`all are connected, ${connectedSeconds} s`);

    await sleep(settleMs);
    const usage = await collectorUsage(hqUrl, usageSeconds);
    say(`the collector: ${usage.residentMiB.toFixed(0)} MiB, ${usage.cpuPercent.toFixed(0)} % of a core`);

    const closingHost = await hosts.start(hqUrl, closing);
    const leanVictims: CrowdHost[] = [];
    for (let first = 0; first < killed.length; first += socketsPerLeanKill)
      leanVictims.push(await hosts.start(hqUrl, killed.slice(first, first + socketsPerLeanKill)));
    const agentVictims: Group[] = [];
    for (let index = 0; index < agentKills; index += 1)
      agentVictims.push(await stage.addGroup(agentsPerKill));
    const agentIds = agentVictims.flatMap((group) => group.storeIds);
    await allConnected(stage.pool, size + closing.length + killed.length + agentIds.length);
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

    const cutMs: number[] = [];
    const leftMs: number[] = [];
    for (const { storeId } of closing.slice(0, cuts))
      cutMs.push(
        ...(await cause([storeId], 'socket closed', () => closingHost.order({ order: 'cut', storeId }))),
      );
    for (const { storeId } of closing.slice(cuts))
      leftMs.push(
        ...(await cause([storeId], 'agent stopped', () => closingHost.order({ order: 'leave', storeId }))),
      );
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
      losses: [...hosts.losses],
    };
  } finally {
    await hosts.stop();
  }
}

function secondsSince(startedMs: number): number {
  return Math.round((performance.now() - startedMs) / 1_000);
}
