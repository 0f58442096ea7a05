import { duration } from './promql.js';
import type { Thresholds } from './thresholds.js';

/** Where Prometheus finds what it reads, relative to its configuration. */
export interface PrometheusPlaces {
  readonly ruleFiles: readonly string[];
  /** Folder of the target files, one for each job. */
  readonly targets: string;
}

export const committedPlaces: PrometheusPlaces = { ruleFiles: ['../alerts/rules/*.yml'], targets: 'targets' };

/** Jobs whose targets are in a file `<job>.yml` in the folder of targets; a change of a file needs no reload. */
export const targetFiles: Readonly<Record<string, readonly string[]>> = {
  'hq-stores': ['127.0.0.1:8080'],
  'hq-collector': ['127.0.0.1:8080'],
  'hq-postgres': [],
  prometheus: ['127.0.0.1:9090'],
  alertmanager: ['127.0.0.1:9093'],
};

/** prometheus.yml as data. */
export function prometheusConfig({ durations }: Thresholds, places: PrometheusPlaces): object {
  const fromFile = (job: string) => [{ files: [`${places.targets}/${job}.yml`] }];
  const timeout = Math.min(durations.scrapeTimeout, durations.scrape);
  return {
    global: {
      scrape_interval: duration(durations.scrape),
      scrape_timeout: duration(timeout),
      evaluation_interval: duration(durations.evaluation),
      external_labels: { grafana_url: '${HQ_GRAFANA_URL}', runbooks_url: '${HQ_RUNBOOKS_URL}' },
    },
    rule_files: places.ruleFiles,
    alerting: {
      alert_relabel_configs: [{ action: 'labeldrop', regex: 'grafana_url|runbooks_url' }],
      alertmanagers: [{ file_sd_configs: fromFile('alertmanager') }],
    },
    scrape_configs: [
      { job_name: 'hq-stores', metrics_path: '/metrics/stores', file_sd_configs: fromFile('hq-stores') },
      { job_name: 'hq-collector', file_sd_configs: fromFile('hq-collector') },
      { job_name: 'hq-postgres', file_sd_configs: fromFile('hq-postgres') },
      { job_name: 'prometheus', file_sd_configs: fromFile('prometheus') },
      { job_name: 'alertmanager', file_sd_configs: fromFile('alertmanager') },
    ],
  };
}
