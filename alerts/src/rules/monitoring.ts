import { duration, spoken } from '../promql.js';
import type { Thresholds } from '../thresholds.js';
import { headquartersAlert, type RuleGroup } from './rule.js';

/** Prometheus and Alertmanager watch themselves; the watchdog's silence tells when they cannot. */
export function monitoringRules({ durations }: Thresholds): RuleGroup {
  const within = duration(durations.monitoringWithin);
  const forSeconds = durations.monitoringFor;
  const dashboard = 'hq-collector';
  const since = `for ${spoken(forSeconds)}`;
  return {
    name: 'hq-monitoring',
    intervalSeconds: durations.evaluation,
    rules: [
      headquartersAlert({
        alert: 'HqWatchdog',
        severity: 'info',
        expr: 'vector(1)',
        forSeconds: 0,
        dashboard,
        summary: 'Alerting works',
        why: 'this alert always fires; whoever receives it raises the alarm when it stops.',
        todo: 'nothing, while it comes.',
      }),
      headquartersAlert({
        alert: 'HqPrometheusRuleFailures',
        severity: 'critical',
        expr: `sum by (instance, rule_group) (increase(prometheus_rule_evaluation_failures_total[${within}])) > 0`,
        forSeconds,
        dashboard,
        summary: 'Rules fail in Prometheus',
        why: `{{ $labels.rule_group }} has failed ${since}: alerts of it cannot fire.`,
        todo: 'read the rule and its error on the page /rules of Prometheus.',
      }),
      headquartersAlert({
        alert: 'HqPrometheusNotificationsFailing',
        severity: 'critical',
        expr: `
          sum by (instance) (
            increase(prometheus_notifications_errors_total[${within}])
            or increase(prometheus_notifications_dropped_total[${within}])
          ) > 0
          or sum by (instance) (prometheus_notifications_alertmanagers_discovered) < 1`,
        forSeconds,
        dashboard,
        summary: 'Prometheus cannot hand its alerts to Alertmanager',
        why: `alerts have been lost on the way ${since}.`,
        todo: 'see whether Alertmanager runs and is a target.',
      }),
      headquartersAlert({
        alert: 'HqPrometheusTargetMissing',
        severity: 'warning',
        expr: `
          up{job=~"prometheus|alertmanager|hq-postgres"} == 0
          or absent(up{job="hq-collector"})
          or absent(up{job="alertmanager"})
          or (count by (job) (up{job="hq-stores"}) > 1)`,
        forSeconds,
        dashboard,
        summary: 'Prometheus lacks a target of job {{ $labels.job }}',
        why: `${since} it has not answered, is not in the targets, or (hq-stores) is there more than once.`,
        todo: 'look at the page /targets of Prometheus and at the files in prometheus/targets.',
      }),
      headquartersAlert({
        alert: 'HqPrometheusConfigReloadFailed',
        severity: 'warning',
        expr: 'prometheus_config_last_reload_successful == 0',
        forSeconds,
        dashboard,
        summary: 'Prometheus runs on an old configuration',
        why: `its last reload failed ${since} or longer.`,
        todo: 'run promtool check config, mend it, reload.',
      }),
      headquartersAlert({
        alert: 'HqAlertmanagerConfigReloadFailed',
        severity: 'warning',
        expr: 'alertmanager_config_last_reload_successful == 0',
        forSeconds,
        dashboard,
        summary: 'Alertmanager runs on an old configuration',
        why: `its last reload failed ${since} or longer.`,
        todo: 'run amtool check-config, mend it, reload.',
      }),
      headquartersAlert({
        alert: 'HqAlertmanagerNotificationsFailing',
        severity: 'critical',
        expr: `sum by (instance, integration) (increase(alertmanager_notifications_failed_total[${within}])) > 0`,
        forSeconds,
        dashboard,
        summary: 'Alertmanager cannot send by {{ $labels.integration }}',
        why: `notifications have failed ${since}.`,
        todo: 'read the log of Alertmanager: an expired key, a wrong address, a provider that is down.',
      }),
      headquartersAlert({
        alert: 'HqAlertmanagerClusterIncomplete',
        severity: 'warning',
        expr: 'alertmanager_cluster_members < on () group_left () count(up{job="alertmanager"})',
        forSeconds: durations.clusterIncompleteFor,
        dashboard,
        summary: 'Alertmanager {{ $labels.instance }} does not see its peers',
        why: `it has seen {{ $value }} members ${since}: pages may go out twice.`,
        todo: 'open port 9094 (TCP and UDP) between them and check --cluster.peer.',
      }),
    ],
  };
}
