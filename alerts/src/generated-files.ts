import { Document } from 'yaml';
import { alertmanagerConfig } from './alertmanager.js';
import { commentedDiscovery, commentedReceivers } from './commented-options.js';
import { committedPlaces, prometheusConfig, targetFiles } from './prometheus.js';
import { ruleDocument, ruleFiles } from './rule-files.js';
import { production } from './thresholds.js';

const madeBy = 'Made by `npm run generate` from alerts/src; change it there.';

/** Every committed file that is made from these sources, by its path from the root. */
export function generatedFiles(): ReadonlyMap<string, string> {
  const files = new Map<string, string>();
  for (const [name, groups] of Object.entries(ruleFiles(production)))
    files.set(`alerts/rules/${name}`, yamlOf(ruleDocument(groups), madeBy));
  files.set(
    'alerts/alertmanager.yml',
    `${yamlOf(alertmanagerConfig(production), madeBy)}${commentedReceivers}`,
  );
  files.set(
    'prometheus/prometheus.yml',
    `${yamlOf(prometheusConfig(production, committedPlaces), madeBy)}${commentedDiscovery}`,
  );
  for (const [job, targets] of Object.entries(targetFiles))
    files.set(`prometheus/targets/${job}.yml`, yamlOf([{ targets }], targetComment(job)));
  return files;
}

function targetComment(job: string): string {
  const what: Record<string, string> = {
    'hq-stores': 'The load balancer of the collectors: one target, for every replica gives the same answer.',
    'hq-collector': 'Every replica of the collector.',
    'hq-postgres': 'postgres_exporter, where one runs, such as 127.0.0.1:9187.',
    prometheus: 'Prometheus itself.',
    alertmanager: 'Every Alertmanager: alerts are sent to them, and they are scraped.',
  };
  return what[job]!;
}

/** YAML that keeps long lines whole. */
export function yamlOf(value: unknown, comment?: string): string {
  const document = new Document(value, { aliasDuplicateObjects: false });
  if (comment !== undefined) document.commentBefore = ` ${comment}`;
  return document.toString({ lineWidth: 0, singleQuote: true });
}
