import { copyFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { makeDirectory } from '@hq-sync/local-postgres/make-directory';

/** The provisioned files, as production has them. */
const clone = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..', '..', '..');
export const provisioned = {
  prometheus: path.join(clone, 'prometheus', 'prometheus.yml'),
  alerts: path.join(clone, 'alerts'),
  runbooks: path.join(clone, 'alerts', 'runbooks'),
  grafana: path.join(clone, 'grafana', 'provisioning'),
  grafanaPlugins: path.join(clone, 'grafana', 'app', 'dist'),
  makeGrafanaTokens: path.join(clone, 'scripts', 'make-grafana-tokens.mjs'),
  dashboards: path.join(clone, 'grafana', 'dashboards'),
  readerRole: path.join(clone, 'grafana', 'reader-role.sql'),
} as const;

/** Addresses of what Prometheus scrapes, `host:port`; of those that do not run, none. */
export interface Targets {
  readonly collector: string;
  readonly prometheus: string;
  readonly alertmanager: string | undefined;
}

/** Lays out Prometheus's configuration as production has it, with targets of this machine. @returns its file. */
export function writePrometheusFiles(
  folder: string,
  { collector, prometheus, alertmanager }: Targets,
): string {
  const config = path.join(folder, 'prometheus');
  makeDirectory(path.join(config, 'targets'));
  const file = path.join(config, 'prometheus.yml');
  copyFileSync(provisioned.prometheus, file);
  link(provisioned.alerts, path.join(folder, 'alerts'));
  const targets = { 'hq-stores': collector, 'hq-collector': collector, prometheus, alertmanager };
  for (const [job, address] of Object.entries(targets)) {
    const list = address === undefined ? [] : [{ targets: [address] }];
    // JSON is YAML.
    writeFileSync(path.join(config, 'targets', `${job}.yml`), `${JSON.stringify(list)}\n`);
  }
  return file;
}

function link(target: string, file: string): void {
  rmSync(file, { force: true });
  symlinkSync(target, file);
}
