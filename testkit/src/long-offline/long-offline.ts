import path from 'node:path';
import { Line } from '@hq-sync/simulator/line/line';
import type { LineShape } from '@hq-sync/simulator/line/line-shape';
import { freePort } from '../free-port.js';
import { Stage } from '../red-green/stage.js';
import { LineRecorder } from '../thin-line/line-recorder.js';
import { AgentProcess } from './agent-process.js';
import { BacklogRun, type BacklogReport } from './backlog-run.js';
import { heldGrowth, residentGrowth, type Growth } from './flat-memory.js';
import { Inspector } from './inspector.js';
import { MemoryRecorder, residentBytes, type MemoryGauge, type MemorySample } from './memory-recorder.js';
import type { Trade } from './trade.js';

const host = '127.0.0.1';
/** 1 Mbit/s and a round trip of 40 ms. */
const storeLine: LineShape = { bytesPerSecond: 125_000, oneWayMs: 20, lossShare: 0 };

export interface Backlog {
  readonly trade: Trade;
  /** How many the tills give the store server at once. */
  readonly recordsPerRequest: number;
}

export interface LongOfflineOptions {
  /** A short one, and after it a long one: each is sold while HQ is away and then pushed. No day is in both. */
  readonly backlogs: readonly [Backlog, Backlog];
  /** Of HQ; an agent that HQ has never welcomed sends more at once. */
  readonly maxBatchBytes: number;
  readonly sampleEveryMs: number;
  readonly say: (line: string) => void;
}

export interface LongOfflineReport {
  readonly backlogs: readonly [BacklogReport, BacklogReport];
  readonly growths: readonly Growth[];
  readonly gauges: readonly MemoryGauge[];
  readonly samples: readonly MemorySample[];
}

/** One store server sells while HQ is away, then pushes it all over a line, while both processes' memory is read. */
export async function runLongOffline(options: LongOfflineOptions): Promise<LongOfflineReport> {
  const { backlogs, maxBatchBytes, sampleEveryMs, say } = options;
  const [{ trade: short }, { trade: long }] = backlogs;
  const { storeId, timezone, currency } = short.store;
  const inspector = new Inspector(await freePort(host));
  const stage = await Stage.set(host, {
    settings: { HQ_MAX_BATCH_BYTES: String(maxBatchBytes) },
    nodeOptions: inspector.nodeOptions,
  });
  const ends = [() => stage.strike()];
  try {
    const collector = stage.collectors[0]!;
    await inspector.connect();
    ends.unshift(() => inspector.disconnect());
    const target = collector.target()!;
    const recorder = new LineRecorder();
    const line = await Line.open(`http://${target.host}:${target.port}`, {
      shape: storeLine,
      watcher: recorder,
    });
    ends.unshift(() => line.close());
    line.cut();
    const admin = await stage.admin();
    await admin.createStore({ storeId, timezone, currency });
    const { token } = await admin.generateToken(storeId);
    const agent = await AgentProcess.start({
      hqUrl: line.url,
      token,
      dataDir: path.join(stage.folder, 'stores', 'offline'),
    });
    ends.unshift(() => agent.stop());
    const gauges: MemoryGauge[] = [
      { name: 'agent, resident', read: () => residentBytes(agent.pid) },
      { name: 'collector, resident', read: () => residentBytes(collector.process.pid) },
      { name: 'agent, heap used', read: () => agent.inspector.heapUsedBytes() },
      { name: 'collector, heap used', read: () => inspector.heapUsedBytes() },
    ];
    const memory = MemoryRecorder.start(gauges, sampleEveryMs, '1 sold');
    ends.unshift(() => memory.stop());

    const inspectors = { agent: agent.inspector, collector: inspector };
    const scene = { stage, line, recorder, agent, memory, inspectors, say };
    const first = new BacklogRun(scene, 1, short);
    const second = new BacklogRun(scene, 2, long);
    const sold = await first.sell(backlogs[0].recordsPerRequest);
    // As after a power cut, and once is enough: HQ has never welcomed it before.
    const pushed = await first.push({ afterRestart: true });
    const year = { sold, pushed, differences: await first.differences([short]) };
    const more = {
      sold: await second.sell(backlogs[1].recordsPerRequest),
      pushed: await second.push({ afterRestart: false }),
      differences: await second.differences([short, long]),
    };
    const { samples } = memory;
    return { backlogs: [year, more], growths: growthsOf(year, more, samples), gauges, samples };
  } finally {
    for (const end of ends) await end();
  }
}

function growthsOf(short: BacklogReport, long: BacklogReport, samples: readonly MemorySample[]): Growth[] {
  return (['sold', 'pushed'] as const).flatMap((step) =>
    (['agent', 'collector'] as const).flatMap((program, gauge) => [
      residentGrowth(`${program}, resident while ${step}`, samples, `2 ${step}`, gauge),
      heldGrowth(
        `${program}, held when ${step}`,
        short[step].heldBytes[program],
        long[step].heldBytes[program],
      ),
    ]),
  );
}
