/** What the rules use of programs that are not ours: Prometheus 2.42, Alertmanager 0.25, postgres_exporter 0.11. */
export const exporterMetrics: readonly string[] = [
  'up',
  'pg_up',
  'prometheus_rule_evaluation_failures_total',
  'prometheus_notifications_errors_total',
  'prometheus_notifications_dropped_total',
  'prometheus_notifications_alertmanagers_discovered',
  'prometheus_config_last_reload_successful',
  'alertmanager_config_last_reload_successful',
  'alertmanager_notifications_failed_total',
  'alertmanager_cluster_members',
];
