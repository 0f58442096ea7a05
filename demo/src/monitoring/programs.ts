import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { makeDirectory } from '@hq-sync/local-postgres/make-directory';
import { host } from '../addresses.js';
import { Child } from '../child.js';
import { DemoError } from '../demo-error.js';
import { provisioned } from './files.js';
import type { Installable } from './find-program.js';
import { appEnvironment } from './grafana-app.js';

/** Grafana migrates its own database at the first start. */
const startWaitMs = 120_000;
const stopWaitMs = 10_000;

export const prometheus: Installable = {
  name: 'Prometheus',
  variable: 'HQ_PROMETHEUS',
  executables: ['prometheus'],
  install: 'apt install prometheus, or https://prometheus.io/download',
};
export const alertmanager: Installable = {
  name: 'Alertmanager',
  variable: 'HQ_ALERTMANAGER',
  executables: ['alertmanager', 'prometheus-alertmanager'],
  install: 'apt install prometheus-alertmanager, or https://prometheus.io/download',
};
export const grafana: Installable = {
  name: 'Grafana',
  variable: 'HQ_GRAFANA',
  executables: ['grafana', 'grafana-server'],
  install: 'https://grafana.com/grafana/download, 10.4 or newer',
};

interface Placed {
  /** Executable. */
  readonly file: string;
  readonly port: number;
  /** Where it keeps its data and its log. */
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;
}

interface Hosted extends Placed {
  /** Read when it starts. */
  readonly moreEnv?: () => NodeJS.ProcessEnv;
  readonly program: Installable;
  readonly readyPath: string;
  readonly args: readonly string[];
}

export function prometheusChild(
  at: Placed & { readonly configFile: string; readonly grafanaUrl: string },
): Child {
  return hosted({
    ...at,
    program: prometheus,
    readyPath: '/-/ready',
    args: [
      `--config.file=${at.configFile}`,
      `--storage.tsdb.path=${path.join(at.folder, 'prometheus-data')}`,
      '--storage.tsdb.retention.time=2d',
      // An alert that fires before Alertmanager is found is sent again after a minute without this.
      '--rules.alert.resend-delay=15s',
      ...listening(at),
      '--enable-feature=expand-external-labels',
    ],
    env: { ...at.env, HQ_GRAFANA_URL: at.grafanaUrl, HQ_RUNBOOKS_URL: `file://${provisioned.runbooks}` },
  });
}

export function alertmanagerChild(at: Placed): Child {
  return hosted({
    ...at,
    program: alertmanager,
    readyPath: '/-/ready',
    args: [
      `--config.file=${path.join(provisioned.alerts, 'alertmanager.yml')}`,
      `--storage.path=${path.join(at.folder, 'alertmanager-data')}`,
      ...listening(at),
      // Alone: it listens to no other one.
      '--cluster.listen-address=',
    ],
  });
}

/** What Grafana's provisioning needs of this machine, by its environment variables. */
export interface GrafanaSources {
  readonly HQ_PROMETHEUS_URL: string;
  readonly HQ_ALERTMANAGER_URL: string;
  readonly HQ_GRAFANA_DB_ADDRESS: string;
  readonly HQ_GRAFANA_DB_NAME: string;
  readonly HQ_GRAFANA_DB_PASSWORD: string;
  readonly HQ_COLLECTOR_URL: string;
}

/** @throws DemoError where its files are not found beside the executable. */
export function grafanaChild(
  at: Placed & { readonly sources: GrafanaSources; readonly passwordFile: string },
): Child {
  const server = path.basename(at.file) === 'grafana' ? ['server'] : [];
  return hosted({
    ...at,
    program: grafana,
    readyPath: '/api/health',
    args: [...server, `--homepath=${homepath(at.file, at.env)}`],
    moreEnv: () => appEnvironment(at.folder),
    env: {
      ...at.env,
      ...at.sources,
      HQ_GRAFANA_DB_SSLMODE: 'disable',
      HQ_GRAFANA_DASHBOARDS: provisioned.dashboards,
      GF_PATHS_PROVISIONING: provisioned.grafana,
      GF_PATHS_DATA: path.join(at.folder, 'grafana-data'),
      GF_PATHS_LOGS: path.join(at.folder, 'grafana-data', 'log'),
      GF_LOG_MODE: 'console',
      GF_SERVER_HTTP_ADDR: host,
      GF_SERVER_HTTP_PORT: String(at.port),
      GF_SECURITY_ADMIN_PASSWORD: readFileSync(at.passwordFile, 'utf8').trim(),
      GF_ANALYTICS_REPORTING_ENABLED: 'false',
      GF_ANALYTICS_CHECK_FOR_UPDATES: 'false',
      GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH: path.join(provisioned.dashboards, 'hq-stores.json'),
    },
  });
}

/** A password for this data directory, mode 0600. @returns its file. */
export function passwordFileIn(folder: string, name: string): string {
  const file = path.join(folder, name);
  if (!existsSync(file)) writeFileSync(file, `${randomBytes(24).toString('base64url')}\n`, { mode: 0o600 });
  return file;
}

/** Links to itself name the address on which it listens, and not the name of this machine. */
function listening({ port }: Placed): string[] {
  return [`--web.listen-address=${host}:${port}`, `--web.external-url=http://${host}:${port}`];
}

function hosted({ program, file, port, readyPath, args, folder, env, moreEnv }: Hosted): Child {
  const base = path.join(folder, program.name.toLowerCase());
  makeDirectory(`${base}-data`, 0o700);
  return new Child({
    name: program.name,
    script: fileURLToPath(new URL('program-host-main.js', import.meta.url)),
    args: () => [`http://${host}:${port}${readyPath}`, file, ...args],
    env: () => ({ ...env, ...moreEnv?.() }),
    logFile: `${base}.log`,
    startWaitMs,
    stopWaitMs,
  });
}

/** Its static files: beside the executable of an archive, or where packages put them. */
function homepath(file: string, env: NodeJS.ProcessEnv): string {
  const named = env['HQ_GRAFANA_HOMEPATH'];
  const candidates =
    named !== undefined && named !== ''
      ? [named]
      : [path.resolve(path.dirname(file), '..'), path.dirname(file), '/usr/share/grafana'];
  const found = candidates.find((folder) => existsSync(path.join(folder, 'conf', 'defaults.ini')));
  if (found !== undefined) return found;
  throw new DemoError(
    `The files of Grafana are not in ${candidates.join(' or ')}: name their folder in HQ_GRAFANA_HOMEPATH.`,
  );
}
