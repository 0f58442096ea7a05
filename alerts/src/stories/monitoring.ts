import type { Span } from './timeline.js';
import type { Story } from './story.js';
import type { World } from './world.js';

const prometheus = '{job="prometheus",instance="prometheus"}';
const alertmanager = '{job="alertmanager",instance="alertmanager"}';

const ruleFailures = 'prometheus_rule_evaluation_failures_total{instance="prometheus",rule_group="hq-fleet"}';

/** The same trouble for long and for a moment. */
function both(
  alert: string,
  name: string,
  what: string,
  happens: (world: World, span: Span) => unknown,
): Story[] {
  return [
    {
      name,
      what: `${what}, for 20 minutes.`,
      minutes: 50,
      happens: (world) => happens(world, [10, 30]),
      pages: [alert],
    },
    {
      name: `${name}, for a moment`,
      what: `${what}, for a minute.`,
      minutes: 30,
      happens: (world) => happens(world, [10, 11]),
      pages: [],
      spares: [alert],
    },
  ];
}

/** What watches HQ. */
export const monitoringStories: readonly Story[] = [
  ...both('HqPrometheusTargetMissing', 'Alertmanager down', 'Alertmanager does not answer', (world, span) =>
    world.other(`up${alertmanager}`, 0, span),
  ),
  {
    name: 'two targets for the fleet',
    what: 'Somebody scrapes /metrics/stores of each replica: the alerts of the stores stay right.',
    minutes: 30,
    happens: (world) =>
      world.other('up{job="hq-stores",instance="other"}', 1, [10]).offline(['north-1'], [10, 12]),
    pages: ['HqPrometheusTargetMissing'],
    atEnd: ['HqPrometheusTargetMissing'],
  },
  {
    name: 'rule fails',
    what: 'A rule group fails for 20 minutes.',
    minutes: 50,
    happens: (world) => world.rising(ruleFailures, [10, 30]),
    pages: ['HqPrometheusRuleFailures'],
  },
  {
    name: 'rule fails once',
    what: 'A rule group fails once.',
    minutes: 30,
    happens: (world) => world.rising(ruleFailures, [10, 11]),
    pages: [],
    spares: ['HqPrometheusRuleFailures'],
  },
  ...both(
    'HqPrometheusNotificationsFailing',
    'Alertmanager lost',
    'Prometheus knows no Alertmanager',
    (world, span) => world.other(`prometheus_notifications_alertmanagers_discovered${prometheus}`, 0, span),
  ),
  {
    name: 'alerts lost on the way',
    what: 'Alertmanager refuses what Prometheus sends, for 20 minutes.',
    minutes: 50,
    happens: (world) =>
      world.rising('prometheus_notifications_errors_total{instance="prometheus",alertmanager="x"}', [10, 30]),
    pages: ['HqPrometheusNotificationsFailing'],
  },
  ...both(
    'HqPrometheusConfigReloadFailed',
    'Prometheus configuration broken',
    'Prometheus cannot read its configuration',
    (world, span) => world.other(`prometheus_config_last_reload_successful${prometheus}`, 0, span),
  ),
  ...both(
    'HqAlertmanagerConfigReloadFailed',
    'Alertmanager configuration broken',
    'Alertmanager cannot read its configuration',
    (world, span) => world.other(`alertmanager_config_last_reload_successful${alertmanager}`, 0, span),
  ),
  {
    name: 'chat refuses',
    what: 'The chat refuses what Alertmanager sends, for 20 minutes.',
    minutes: 50,
    happens: (world) =>
      world.rising(
        'alertmanager_notifications_failed_total{instance="alertmanager",integration="slack"}',
        [10, 30],
      ),
    pages: ['HqAlertmanagerNotificationsFailing'],
  },
  {
    name: 'chat refuses once',
    what: 'One notification fails and the next try succeeds.',
    minutes: 30,
    happens: (world) =>
      world.rising(
        'alertmanager_notifications_failed_total{instance="alertmanager",integration="slack"}',
        [10, 11],
      ),
    pages: [],
    spares: ['HqAlertmanagerNotificationsFailing'],
  },
  ...both(
    'HqAlertmanagerClusterIncomplete',
    'Alertmanagers apart',
    'One of two Alertmanagers does not see the other',
    (world, span) =>
      world
        .other('up{job="alertmanager",instance="second"}', 1)
        .other(`alertmanager_cluster_members${alertmanager}`, 2)
        .other(`alertmanager_cluster_members${alertmanager}`, 1, span),
  ),
];
