import { readFileSync } from 'node:fs';
import { makeDirectory } from '@hq-sync/local-postgres/make-directory';
import type pg from 'pg';
import { host } from '../addresses.js';
import type { Child } from '../child.js';
import { provisioned, writePrometheusFiles } from './files.js';
import { findProgram, type Installable } from './find-program.js';
import { freePort } from './free-port.js';
import { makeAppTokens } from './grafana-app.js';
import {
  alertmanager,
  alertmanagerChild,
  grafana,
  grafanaChild,
  passwordFileIn,
  prometheus,
  prometheusChild,
} from './programs.js';

const usualPorts = { prometheus: 9090, alertmanager: 9093, grafana: 3000 } as const;

/** What is here of Prometheus, Alertmanager and Grafana, and where each will listen. */
export interface Monitoring {
  /** The programs that are installed, in the order in which they are started. */
  readonly children: readonly Child[];
  /** Addresses, and what to install for the rest; one a line. */
  readonly lines: readonly string[];
  readonly grafanaUrl: string | undefined;
  /** Lets Grafana's user read the views; once the collector has made them. */
  grantReader(pool: Pick<pg.Pool, 'query'>): Promise<void>;
  /** Makes the tokens of Grafana's app; while the collector runs, and before Grafana starts. */
  grantApp(adminTokenFile: string): Promise<void>;
}

/**
 * Prepares the real programs with the provisioned files, each on loopback.
 * @throws DemoError when a variable names no program.
 */
export async function prepareMonitoring(
  folder: string,
  collectorPort: number,
  databaseUrl: string,
  env: NodeJS.ProcessEnv,
): Promise<Monitoring> {
  makeDirectory(folder, 0o700);
  const found = {
    prometheus: findProgram(prometheus, env),
    alertmanager: findProgram(alertmanager, env),
    grafana: findProgram(grafana, env),
  };
  const ports = {
    prometheus: await freePort(usualPorts.prometheus),
    alertmanager: await freePort(usualPorts.alertmanager),
    grafana: await freePort(usualPorts.grafana),
  };
  const url = (name: keyof typeof ports) => `http://${host}:${ports[name]}`;
  const children: Child[] = [];

  if (found.alertmanager !== undefined)
    children.push(alertmanagerChild({ file: found.alertmanager, port: ports.alertmanager, folder, env }));
  if (found.prometheus !== undefined) {
    const configFile = writePrometheusFiles(folder, {
      collector: `${host}:${collectorPort}`,
      prometheus: `${host}:${ports.prometheus}`,
      alertmanager: found.alertmanager === undefined ? undefined : `${host}:${ports.alertmanager}`,
    });
    const at = { file: found.prometheus, port: ports.prometheus, folder, env };
    children.push(prometheusChild({ ...at, configFile, grafanaUrl: url('grafana') }));
  }
  const database = new URL(databaseUrl);
  const readerPassword = readFileSync(passwordFileIn(folder, 'grafana-reader-password'), 'utf8').trim();
  const adminPasswordFile = passwordFileIn(folder, 'grafana-admin-password');
  if (found.grafana !== undefined)
    children.push(
      grafanaChild({
        file: found.grafana,
        port: ports.grafana,
        folder,
        env,
        passwordFile: adminPasswordFile,
        sources: {
          HQ_PROMETHEUS_URL: url('prometheus'),
          HQ_ALERTMANAGER_URL: url('alertmanager'),
          HQ_GRAFANA_DB_ADDRESS: database.host,
          HQ_GRAFANA_DB_NAME: database.pathname.slice(1),
          HQ_GRAFANA_DB_PASSWORD: readerPassword,
          HQ_COLLECTOR_URL: `http://${host}:${collectorPort}`,
        },
      }),
    );

  const line = (program: Installable, file: string | undefined, address: string) =>
    `${program.name.padEnd(15)} ${file === undefined ? `not installed (${program.install}; or name it in ${program.variable})` : address}`;
  return {
    children,
    lines: [
      line(grafana, found.grafana, `${url('grafana')} (user admin, password in ${adminPasswordFile})`),
      line(prometheus, found.prometheus, url('prometheus')),
      line(alertmanager, found.alertmanager, url('alertmanager')),
    ],
    grafanaUrl: found.grafana === undefined ? undefined : url('grafana'),
    async grantApp(adminTokenFile) {
      if (found.grafana === undefined) return;
      await makeAppTokens(folder, `http://${host}:${collectorPort}`, adminTokenFile);
    },
    async grantReader(pool) {
      if (found.grafana === undefined) return;
      await pool.query(readFileSync(provisioned.readerRole, 'utf8'));
      // A password of base64url characters alone: nothing in it ends the text.
      await pool.query(`alter role hq_grafana password '${readerPassword}'`);
    },
  };
}
