#!/usr/bin/env node
import { Command, Option } from 'commander';
import { renameSync, unwatchFile, watchFile } from 'node:fs';
import { text } from 'node:stream/consumers';
import { pino } from 'pino';
import { StoreAgent, type AgentStatus } from './agent.js';
import { readToken, runConfig } from './config.js';
import { enrol, writeToken } from './enrol.js';
import { agentLimits } from './limits.js';
import { statusText } from './status-text.js';

const defaultIntakePort = '7070';

const program = new Command('store-agent')
  .description('Keeps the records of a store on disk and in sync with headquarters (HQ).')
  .showHelpAfterError();

program
  .command('run')
  .description('Run the agent until SIGTERM or SIGINT.')
  .addOption(new Option('--hq-url <url>', 'address of HQ, http or https').env('HQ_URL').makeOptionMandatory())
  .addOption(
    new Option(
      '--token-file <file>',
      'file with the sync token, read again when it changes (or the token in STORE_TOKEN)',
    ).env('STORE_TOKEN_FILE'),
  )
  .addOption(
    new Option('--data-dir <dir>', 'directory of the queue and the copy of HQ’s data, for this agent alone')
      .env('DATA_DIR')
      .makeOptionMandatory(),
  )
  .addOption(
    new Option('--intake-port <port>', 'port for the POS; 0 takes a free one')
      .env('INTAKE_PORT')
      .default(defaultIntakePort),
  )
  .addOption(
    new Option('--intake-host <host>', 'address for the POS (default: loopback only)').env('INTAKE_HOST'),
  )
  .addOption(
    new Option('--store-id <id>', 'the store this is; HQ checks it against the token').env('STORE_ID'),
  )
  .addOption(new Option('--timezone <name>', 'IANA timezone, until HQ has said it').env('STORE_TIMEZONE'))
  .addOption(
    new Option('--day-cutover <HH:MM>', 'when the business date changes, until HQ has said it').env(
      'STORE_DAY_CUTOVER',
    ),
  )
  .addOption(
    new Option('--max-disk-mib <MiB>', 'bound of the queue on disk (default: 2048)').env('MAX_DISK_MIB'),
  )
  .addOption(
    new Option(
      '--max-copy-mib <MiB>',
      'bound of the copy of HQ’s data on disk, beside the queue (default: 1024)',
    ).env('MAX_COPY_MIB'),
  )
  .addOption(
    new Option(
      '--pull-entities <names>',
      'entities of HQ to keep a copy of, with commas between (default: those that every HQ has)',
    ).env('PULL_ENTITIES'),
  )
  .addOption(
    new Option('--log-level <level>', 'trace, debug, info, warn, error or silent (default: info)').env(
      'LOG_LEVEL',
    ),
  )
  .action(run);

program
  .command('status')
  .description(
    'Show what the agent of this machine says of itself. Exit code 1 when it is not connected to HQ.',
  )
  .addOption(
    new Option('--intake-url <url>', 'address of its intake')
      .env('INTAKE_URL')
      .default(`http://127.0.0.1:${defaultIntakePort}`),
  )
  .option('--json', 'as JSON')
  .action(showStatus);

program
  .command('enrol')
  .description(
    "Trade a one-time code of HQ for the store's token. The code comes from ENROLMENT_CODE or from the standard input.",
  )
  .addOption(new Option('--hq-url <url>', 'address of HQ').env('HQ_URL').makeOptionMandatory())
  .addOption(
    new Option('--token-file <file>', 'where the token goes (mode 0600)')
      .env('STORE_TOKEN_FILE')
      .makeOptionMandatory(),
  )
  .action(enrolStore);

await program.parseAsync();

async function run(options: unknown): Promise<void> {
  const parsed = runConfig.safeParse(options);
  if (!parsed.success) {
    return fail(
      parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('\n'),
      2,
    );
  }
  const config = parsed.data;
  const log = pino({ name: 'store-agent', level: config.logLevel });
  const agent = await StoreAgent.start({
    hqUrl: config.hqUrl,
    token: readToken(config.tokenFile, process.env),
    onNewToken: (token) => keepToken(config.tokenFile, token, log),
    dataDir: config.dataDir,
    intake: { host: config.intakeHost, port: config.intakePort },
    maxDiskBytes: config.maxDiskMib * 1024 ** 2,
    maxCopyBytes: config.maxCopyMib * 1024 ** 2,
    ...(config.pullEntities === undefined ? {} : { pullEntities: config.pullEntities }),
    ...(config.storeId === undefined ? {} : { storeId: config.storeId }),
    ...(config.timezone === undefined ? {} : { timezone: config.timezone }),
    ...(config.dayCutover === undefined ? {} : { dayCutover: config.dayCutover }),
    log,
  }).catch((error: unknown) => fail((error as Error).message, 1));
  log.info({ intakeUrl: agent.intakeUrl, dataDir: config.dataDir }, 'the store agent runs');
  const { tokenFile } = config;
  if (readToken(tokenFile, process.env) === '')
    log.warn('there is no sync token yet: records are kept, nothing is sent');
  if (tokenFile !== undefined) watchToken(tokenFile, agent, log);
  stopOnSignal(agent, tokenFile, log);
}

/** The agent has it in its own database already: the file is for people, and for a machine whose disk is replaced. */
function keepToken(tokenFile: string | undefined, token: string, log: pino.Logger): void {
  log.info('the store has a new token');
  if (tokenFile === undefined)
    return log.warn('STORE_TOKEN holds an old token; the new one is in the data directory');
  try {
    const draft = `${tokenFile}.new`;
    writeToken(draft, token);
    renameSync(draft, tokenFile);
  } catch (error) {
    log.error({ err: error }, 'the token file cannot be written; the new token is in the data directory');
  }
}

async function enrolStore({ hqUrl, tokenFile }: { hqUrl: string; tokenFile: string }): Promise<void> {
  const code = (process.env.ENROLMENT_CODE ?? (await text(process.stdin))).trim();
  try {
    const { storeId, expiresAt } = await enrol(hqUrl, code, tokenFile);
    process.stdout.write(
      `This is store ${storeId}. Its token is in ${tokenFile}${expiresAt === null ? '' : ` and expires ${expiresAt}`}.\n`,
    );
  } catch (error) {
    fail((error as Error).message, 1);
  }
}

function watchToken(tokenFile: string, agent: StoreAgent, log: pino.Logger): void {
  watchFile(tokenFile, { interval: agentLimits.tokenFilePollMs }, () => {
    try {
      agent.setToken(readToken(tokenFile, process.env));
      log.info('the token file has changed');
    } catch (error) {
      log.error({ err: error }, 'the token file cannot be read; the old token stays');
    }
  });
}

function stopOnSignal(agent: StoreAgent, tokenFile: string | undefined, log: pino.Logger): void {
  const stop = (signal: NodeJS.Signals): void => {
    log.info({ signal }, 'stopping');
    if (tokenFile !== undefined) unwatchFile(tokenFile);
    agent.stop().then(
      () => process.exit(0),
      (error: unknown) => fail(String(error), 1),
    );
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}

async function showStatus({ intakeUrl, json }: { intakeUrl: string; json?: boolean }): Promise<void> {
  let status: AgentStatus;
  try {
    const response = await fetch(new URL('/v1/status', intakeUrl), {
      signal: AbortSignal.timeout(agentLimits.statusTimeoutMs),
    });
    if (!response.ok) throw new Error(`HTTP ${response.status}`);
    status = (await response.json()) as AgentStatus;
  } catch (error) {
    const { message, cause } = error as Error;
    return fail(
      `no store agent answers at ${intakeUrl}: ${(cause as Error | undefined)?.message ?? message}`,
      1,
    );
  }
  process.stdout.write(`${json === true ? JSON.stringify(status, null, 2) : statusText(status)}\n`);
  process.exitCode = status.connected ? 0 : 1;
}

function fail(message: string, code: number): never {
  process.stderr.write(`store-agent: ${message}\n`);
  process.exit(code);
}
