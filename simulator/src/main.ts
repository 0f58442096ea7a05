#!/usr/bin/env node
import { Command, Option } from 'commander';
import { pino } from 'pino';
import { AdminApiError } from './admin-client.js';
import { HqOverIpc, type HqOrder } from './hq-over-ipc.js';
import { fleetIncidents, storeIncidents, type IncidentName } from './incident-name.js';
import { maxSpeed, maxStores } from './limits.js';
import { positiveNumber, wholeNumber } from './number-option.js';
import { demoProgramme, programmeOf, type Act } from './programme.js';
import { ReplayFileError } from './replay-file.js';
import { startSimulator } from './simulator.js';

/** An agent's own stop takes 4 s at most; all stop at once. */
const forcedExitMs = 10_000;

/** What the simulator says to a starter over IPC. */
export type SimulatorMessage =
  | { type: 'started'; stores: number }
  /** `where`: the store's name, or the chain. */
  | { type: 'incident'; at: string; where: string; text: string }
  | HqOrder;

interface Options {
  hqUrl: string;
  adminTokenFile: string;
  dataDir: string;
  stores: number;
  speed?: number;
  seed: string;
  replay?: string;
  incidents: boolean;
  incident?: IncidentName;
  hqControl: boolean;
}

async function main(): Promise<void> {
  const options = readOptions();
  const log = pino({
    level: process.env['HQ_LOG_LEVEL'] ?? 'warn',
    base: { service: 'simulator' },
    timestamp: pino.stdTimeFunctions.isoTime,
  });
  const aborting = new AbortController();
  let stop = async (): Promise<void> => aborting.abort();
  const end = (): void => {
    setTimeout(() => process.exit(1), forcedExitMs).unref();
    void stop()
      .catch((error: unknown) => log.error({ err: error }, 'the simulator could not stop cleanly'))
      .finally(() => process.exit(0));
  };
  process.once('SIGTERM', end);
  process.once('SIGINT', end);
  // Started by another program of ours: when that dies, by whatever signal, this one ends too.
  process.once('disconnect', end);
  if (process.send !== undefined && !process.connected) end(); // it died while this one was loaded

  const simulator = await startSimulator({
    ...options,
    programme: programmeFor(options),
    ...(options.hqControl ? { hq: new HqOverIpc(tell) } : {}),
    log,
    signal: aborting.signal,
    onIncident: (where, text) => {
      log.info({ where }, text);
      tell({ type: 'incident', at: new Date().toISOString(), where, text });
    },
  });
  stop = () => simulator.stop();
  tell({ type: 'started', stores: simulator.storeCount });
}

function readOptions(): Options {
  const command = new Command('simulator')
    .description(
      'A fleet of real store agents that trade. Makes its stores and tokens through the admin API of HQ.',
    )
    .requiredOption('--hq-url <url>', 'address of the collector, e.g. http://127.0.0.1:8080')
    .requiredOption('--admin-token-file <file>', 'file with an admin token')
    .option('--data-dir <directory>', 'queues and tokens of the stores', '.data/simulator')
    .option(
      '--stores <n>',
      'stores with a store server; there is one more without',
      wholeNumber(1, maxStores),
      12,
    )
    .option(
      '--speed <x>',
      'multiple of real time (default: 1; a replay takes 5 minutes)',
      positiveNumber(maxSpeed),
    )
    .option('--replay <file>', 'replay a file of real sales (NDJSON, .gz) instead of making sales')
    .option('--seed <text>', 'decides what is sold', 'demo')
    .option('--incidents', 'put the stores through the programme of incidents, again and again', false)
    .addOption(
      new Option('--incident <name>', 'only this one, again and again')
        .choices([...storeIncidents, ...fleetIncidents])
        .conflicts(['incidents', 'replay']),
    )
    .option('--hq-control', 'the starter backs HQ up and restores it when it is asked over IPC', false)
    .parse();
  const options = command.opts<Options>();
  if (options.incident === 'hq-restored' && !options.hqControl)
    command.error(
      'error: hq-restored needs a starter with --hq-control: npm start -- --incident hq-restored',
    );
  return options;
}

function programmeFor({ incidents, incident }: Options): readonly Act[] {
  if (incident !== undefined) return programmeOf(incident);
  return incidents ? demoProgramme : [];
}

function tell(message: SimulatorMessage): void {
  if (process.connected) process.send?.(message, undefined, undefined, () => undefined);
}

main().catch((error: unknown) => {
  const { name, stack, message } = error as Error;
  if (name === 'AbortError') process.exit(0);
  const plain =
    error instanceof AdminApiError || error instanceof ReplayFileError || 'code' in (error as object);
  process.stderr.write(`${plain ? message : stack}\n`);
  process.exit(1);
});
