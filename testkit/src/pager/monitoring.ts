import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { alertmanagerConfig } from '@hq-sync/alerts/alertmanager';
import { yamlOf } from '@hq-sync/alerts/generated-files';
import { prometheusConfig, targetFiles } from '@hq-sync/alerts/prometheus';
import { ruleDocument, ruleFiles } from '@hq-sync/alerts/rule-files';
import type { Thresholds } from '@hq-sync/alerts/thresholds';
import { eventually } from '../eventually.js';
import { freePort } from '../free-port.js';
import { Webhook } from './webhook.js';

const templates = fileURLToPath(new URL('../../../alerts/templates', import.meta.url));
const stopDeadlineMs = 10_000;
const host = '127.0.0.1';

/** Debian's package gives Alertmanager another name than its makers. */
const alertmanagerNames = ['alertmanager', 'prometheus-alertmanager'];

/** A sentence that says what is missing; undefined: all is there. */
export function monitoringMissing(): string | undefined {
  if (!answers('prometheus')) return 'no prometheus';
  if (!alertmanagerNames.some(answers)) return 'no alertmanager';
  return undefined;
}

const answers = (program: string) => spawnSync(program, ['--version']).status === 0;

/** Real Prometheus and Alertmanager with the product's rules and routes, and a webhook that stands for who is on call. */
export class Monitoring {
  private constructor(
    readonly webhook: Webhook,
    private readonly folder: string,
    private readonly ports: { prometheus: number; alertmanager: number },
    private readonly children: readonly ChildProcess[],
  ) {}

  /** @param targets addresses by job, beside those of Prometheus and Alertmanager. */
  static async start(
    folder: string,
    thresholds: Thresholds,
    targets: Readonly<Record<string, readonly string[]>>,
  ): Promise<Monitoring> {
    const webhook = await Webhook.listen();
    const ports = { prometheus: await freePort(host), alertmanager: await freePort(host) };
    await writeConfiguration(folder, thresholds, webhook);
    const own = {
      prometheus: [`${host}:${ports.prometheus}`],
      alertmanager: [`${host}:${ports.alertmanager}`],
    };
    for (const job of Object.keys(targetFiles))
      await writeTargets(folder, job, { ...targets, ...own }[job] ?? []);
    const children = [
      run(alertmanagerNames.find(answers)!, [
        `--config.file=${path.join(folder, 'alertmanager.yml')}`,
        `--storage.path=${path.join(folder, 'alertmanager')}`,
        `--web.listen-address=${own.alertmanager[0]}`,
        '--cluster.listen-address=',
      ]),
      run('prometheus', [
        `--config.file=${path.join(folder, 'prometheus.yml')}`,
        `--storage.tsdb.path=${path.join(folder, 'prometheus')}`,
        `--web.listen-address=${own.prometheus[0]}`,
        '--web.enable-lifecycle',
        // What was sent before Alertmanager was found is sent again.
        '--rules.alert.resend-delay=5s',
        '--enable-feature=expand-external-labels',
      ]),
    ];
    const monitoring = new Monitoring(webhook, folder, ports, children);
    await monitoring.ready();
    return monitoring;
  }

  /** Answer of an instant query: values by the value of `label`. */
  async query(expr: string, label: string): Promise<Map<string, number>> {
    const url = `http://${host}:${this.ports.prometheus}/api/v1/query?query=${encodeURIComponent(expr)}`;
    const { data } = (await (await fetch(url)).json()) as {
      data: { result: { metric: Record<string, string>; value: [number, string] }[] };
    };
    return new Map(data.result.map(({ metric, value }) => [metric[label] ?? '', Number(value[1])]));
  }

  setTargets(job: string, targets: readonly string[]): Promise<void> {
    return writeTargets(this.folder, job, targets);
  }

  /** Rewrites a configuration and has it read again; it may be broken. */
  async reconfigure(program: 'prometheus' | 'alertmanager', change: (text: string) => string): Promise<void> {
    const file = path.join(this.folder, `${program}.yml`);
    await writeFile(file, change(await readFile(file, 'utf8')));
    await fetch(`http://${host}:${this.ports[program]}/-/reload`, { method: 'POST' });
  }

  async stop(): Promise<void> {
    await Promise.all(this.children.map(stopped));
    await this.webhook.close();
  }

  private async ready(): Promise<void> {
    for (const port of Object.values(this.ports))
      await eventually(
        'Prometheus and Alertmanager are ready',
        () =>
          fetch(`http://${host}:${port}/-/ready`).then(
            ({ status }) => status,
            () => 0,
          ),
        (status) => status === 200,
        30_000,
      );
  }
}

async function writeConfiguration(folder: string, thresholds: Thresholds, webhook: Webhook): Promise<void> {
  await cp(templates, path.join(folder, 'templates'), { recursive: true });
  await mkdir(path.join(folder, 'rules'));
  await mkdir(path.join(folder, 'targets'));
  for (const [name, groups] of Object.entries(ruleFiles(thresholds)))
    await writeFile(path.join(folder, 'rules', name), yamlOf(ruleDocument(groups)));
  const places = { ruleFiles: ['rules/*.yml'], targets: 'targets' };
  await writeFile(path.join(folder, 'prometheus.yml'), yamlOf(prometheusConfig(thresholds, places)));
  const integrations = (receiver: string) =>
    receiver === 'hq-none' ? {} : { webhook_configs: [{ url: webhook.url(receiver), send_resolved: true }] };
  await writeFile(
    path.join(folder, 'alertmanager.yml'),
    yamlOf(alertmanagerConfig(thresholds, { integrations })),
  );
}

function writeTargets(folder: string, job: string, targets: readonly string[]): Promise<void> {
  return writeFile(path.join(folder, 'targets', `${job}.yml`), yamlOf([{ targets }]));
}

function run(program: string, args: readonly string[]): ChildProcess {
  return spawn(program, args, {
    stdio: 'ignore',
    env: { ...process.env, HQ_GRAFANA_URL: 'http://grafana.test', HQ_RUNBOOKS_URL: 'http://runbooks.test' },
  });
}

async function stopped(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  const force = setTimeout(() => child.kill('SIGKILL'), stopDeadlineMs);
  await exited;
  clearTimeout(force);
}
