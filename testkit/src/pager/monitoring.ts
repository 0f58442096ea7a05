import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { alertmanagerConfig } from '@hq-sync/alerts/alertmanager';
import { yamlOf } from '@hq-sync/alerts/generated-files';
import { prometheusConfig, targetFiles } from '@hq-sync/alerts/prometheus';
import { ruleDocument, ruleFiles } from '@hq-sync/alerts/rule-files';
import type { Thresholds } from '@hq-sync/alerts/thresholds';
import { freePort } from '../free-port.js';
import { installed, Program } from './program.js';
import { Webhook } from './webhook.js';

const templates = fileURLToPath(new URL('../../../alerts/templates', import.meta.url));
const host = '127.0.0.1';
const links = { HQ_GRAFANA_URL: 'http://grafana.test', HQ_RUNBOOKS_URL: 'http://runbooks.test' };

/** Debian's package gives Alertmanager another name than its makers. */
const alertmanagerNames = ['alertmanager', 'prometheus-alertmanager'];

/** A sentence that says what is missing; undefined: all is there. */
export function monitoringMissing(): string | undefined {
  if (!installed('prometheus')) return 'no prometheus';
  if (!installed(...alertmanagerNames)) return 'no alertmanager';
  return undefined;
}

export interface MonitoringOptions {
  /** How many, as peers of one cluster. */
  readonly alertmanagers?: number;
}

/** Real Prometheus and Alertmanager with the product's rules and routes, and a webhook that stands for who is on call. */
export class Monitoring {
  private constructor(
    readonly webhook: Webhook,
    private readonly folder: string,
    private readonly prometheus: Program,
    readonly alertmanagers: readonly Program[],
  ) {}

  /** @param targets addresses by job, beside those of Prometheus and Alertmanager. */
  static async start(
    folder: string,
    thresholds: Thresholds,
    targets: Readonly<Record<string, readonly string[]>>,
    { alertmanagers: count = 1 }: MonitoringOptions = {},
  ): Promise<Monitoring> {
    const webhook = await Webhook.listen();
    const prometheusAddress = `${host}:${await freePort(host)}`;
    const peers: Peer[] = [];
    for (let number = 1; number <= count; number += 1)
      peers.push({ address: `${host}:${await freePort(host)}`, gossip: `${host}:${await freePort(host)}` });
    await writeConfiguration(folder, thresholds, webhook);
    const own = { prometheus: [prometheusAddress], alertmanager: peers.map(({ address }) => address) };
    for (const job of Object.keys(targetFiles))
      await writeTargets(folder, job, { ...targets, ...own }[job] ?? []);
    const alertmanagers = peers.map((peer, index) => {
      const others = peers.filter((other) => other !== peer);
      return new Program(installed(...alertmanagerNames)!, peer.address, [
        `--config.file=${path.join(folder, 'alertmanager.yml')}`,
        `--storage.path=${path.join(folder, `alertmanager-${index}`)}`,
        `--web.listen-address=${peer.address}`,
        ...clusterFlags(peer, others),
      ]);
    });
    const prometheus = new Program(
      'prometheus',
      prometheusAddress,
      [
        `--config.file=${path.join(folder, 'prometheus.yml')}`,
        `--storage.tsdb.path=${path.join(folder, 'prometheus')}`,
        `--web.listen-address=${prometheusAddress}`,
        '--web.enable-lifecycle',
        // What was sent before Alertmanager was found is sent again. Alertmanager takes an alert for resolved when it
        // has not heard of it for four times as long, and Prometheus knows none for up to 5 s after a reload.
        '--rules.alert.resend-delay=3s',
        '--enable-feature=expand-external-labels',
      ],
      links,
    );
    for (const program of [prometheus, ...alertmanagers]) await program.ready();
    return new Monitoring(webhook, folder, prometheus, alertmanagers);
  }

  /** A page of Prometheus that it does not have. */
  get wrongHook(): string {
    return `http://${this.prometheus.address}/no-such-hook`;
  }

  /** Answer of an instant query: values by the value of `label`. */
  async query(expr: string, label: string): Promise<Map<string, number>> {
    const url = `http://${this.prometheus.address}/api/v1/query?query=${encodeURIComponent(expr)}`;
    const { data } = (await (await fetch(url)).json()) as {
      data: { result: { metric: Record<string, string>; value: [number, string] }[] };
    };
    return new Map(data.result.map(({ metric, value }) => [metric[label] ?? '', Number(value[1])]));
  }

  /** Names of the alerts that Prometheus itself holds for firing. */
  async firing(): Promise<Set<string>> {
    return new Set(
      (await this.query('count by (alertname) (ALERTS{alertstate="firing"})', 'alertname')).keys(),
    );
  }

  setTargets(job: string, targets: readonly string[]): Promise<void> {
    return writeTargets(this.folder, job, targets);
  }

  /** Rewrites a configuration and has it read again; it may be broken. */
  async reconfigure(program: 'prometheus' | 'alertmanager', change: (text: string) => string): Promise<void> {
    const file = path.join(this.folder, `${program}.yml`);
    await writeFile(file, change(await readFile(file, 'utf8')));
    const programs = program === 'prometheus' ? [this.prometheus] : this.alertmanagers;
    await Promise.all(programs.map((one) => one.reload()));
  }

  /** Adds or rewrites a file of rules. */
  async setRules(name: string, groups: object): Promise<void> {
    await writeFile(path.join(this.folder, 'rules', name), yamlOf(groups));
    await this.prometheus.reload();
  }

  async stop(): Promise<void> {
    await Promise.all([this.prometheus, ...this.alertmanagers].map((program) => program.stop()));
    await this.webhook.close();
  }
}

interface Peer {
  readonly address: string;
  readonly gossip: string;
}

/** Peers hear of each other's end within seconds. */
function clusterFlags({ gossip }: Peer, others: readonly Peer[]): string[] {
  if (others.length === 0) return ['--cluster.listen-address='];
  return [
    `--cluster.listen-address=${gossip}`,
    `--cluster.advertise-address=${gossip}`,
    ...others.map((other) => `--cluster.peer=${other.gossip}`),
    '--cluster.peer-timeout=1s',
    '--cluster.settle-timeout=5s',
  ];
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
