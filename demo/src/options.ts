import { existsSync } from 'node:fs';
import path from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import { fleetIncidents, storeIncidents, type IncidentName } from '@hq-sync/simulator/incident-name';
import { maxSpeed, maxStores } from '@hq-sync/simulator/limits';
import { positiveNumber, wholeNumber } from '@hq-sync/simulator/number-option';

export interface DemoOptions {
  stores: number;
  /** Multiple of real time; of a replay absent unless given. */
  speed?: number;
  /** Absolute path of a file of real sales. */
  replay?: string;
  /** Only this one, again and again. */
  incident?: IncidentName;
  fresh?: true;
  port: number;
  /** Whether Prometheus, Alertmanager and Grafana are started where they are installed. */
  monitoring: boolean;
}

/** A sale about every 2 s at each till: enough to watch, little enough for any laptop. */
const defaultSpeed = 20;

/** @throws CommanderError after its sentence was written; with `--help` its exit code is 0. */
export function readOptions(args: readonly string[], write?: (text: string) => void): DemoOptions {
  const command = new Command('npm start --')
    .description(
      'Runs HQ on this machine, with its collector and database, and a chain of stores whose real store servers trade, ' +
        'go offline and fall behind. Shows their status here until Ctrl-C.',
    )
    .option(
      '--stores <n>',
      `stores with a store server, 1 to ${maxStores}; there is one more without`,
      wholeNumber(1, maxStores),
      12,
    )
    .option(
      '--speed <x>',
      `how much faster than real time they trade (default: ${defaultSpeed}; a replay takes 5 minutes)`,
      positiveNumber(maxSpeed),
    )
    .option(
      '--replay <file>',
      'replay a file of real sales (NDJSON, may be .gz) instead of making them up',
      readableFile,
    )
    .addOption(
      new Option('--incident <name>', 'play only this incident, again and again')
        .choices([...storeIncidents, ...fleetIncidents])
        .conflicts('replay'),
    )
    .option('--fresh', 'remove the data of earlier runs first')
    .option('--port <p>', 'port of the collector', wholeNumber(1, 65_535), 8080)
    .option('--no-monitoring', 'leave out Prometheus, Alertmanager and Grafana, where they are installed')
    .addHelpText(
      'after',
      '\nThe data is kept in .data, or in the directory that HQ_DATA_DIR names; the next\n' +
        'start goes on with it. About a minute after the start incidents begin: stores go\n' +
        'offline and come back, one loses its token, one is out of date, two send what HQ\n' +
        'does not take; then, one after the other, a slow line, a region cut off, a new\n' +
        'machine, an update wave, a clone; then again from the first. HQ itself is restored\n' +
        'from a backup only with --incident hq-restored. A replay has no incidents.',
    )
    .allowExcessArguments(false)
    .exitOverride();
  if (write) command.configureOutput({ writeOut: write, writeErr: write });
  const given = command.parse(args, { from: 'user' }).opts<DemoOptions>();
  return given.replay === undefined ? { speed: defaultSpeed, ...given } : given;
}

function readableFile(value: string): string {
  const file = path.resolve(value);
  if (!existsSync(file)) throw new InvalidArgumentError('There is no such file.');
  return file;
}
